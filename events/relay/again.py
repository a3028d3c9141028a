"""Publishing once more what was published: after the broker lost its streams, or for a new one."""

from __future__ import annotations

import datetime as dt

from django.db import connection

from kernel.actor import Actor
from kernel.transactions import opens_transaction

# A walk from nothing up to what is visible now, as `events.relay.cursor` walks a long difference.
# What commits later is in the next difference; the relay at work learns by its epoch.
_REWIND = """
    UPDATE events_relaycursor SET since = '3:3:', until = pg_current_snapshot(),
        position = least(highest, %(position)s), epoch = epoch + 1
    WHERE name = 'events'
"""
_FIRST = "SELECT min(sequence) FROM events_outboxevent WHERE occurred_at >= %(since)s"


@opens_transaction
def publish_again(*, actor: Actor, since: dt.datetime) -> int:
    """Let the relay publish everything from an instant on once more, in the old order.

    Consumers know the events by their ids and take none twice. What the relay tells until it learns
    of it stands in the stream before what comes again.

    :param actor: the program, or staff: the view has to show every organization's rows.
    :returns: the sequence of the first event that comes again, 0 if there is none.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FIRST, {"since": since})
        (first,) = cursor.fetchone()
        if first is None:
            return 0
        cursor.execute(_REWIND, {"position": first - 1})
    return int(first)
