"""Publishing once more what was published: after the broker lost its streams, or for a new one."""

from __future__ import annotations

import datetime as dt

from django.db import connection
from django.db.models import Max

from events.errors import NoSuchPlace, TooLongAgo
from events.models import InboxBeginning, RelayCursor
from events.relay.cursor import EVENTS, IS_SENT
from kernel.actor import Actor
from kernel.transactions import needs_transaction, opens_transaction

# A walk from nothing up to what is visible now, as `events.relay.cursor` walks a long difference.
# What commits later is in the next difference; the relay at work learns by its epoch, and how far
# it is behind is counted from there. The stream counts as it is: whoever asks knows what it lost.
_REWIND = """
    UPDATE events_relaycursor SET since = '3:3:', until = pg_current_snapshot(),
        position = least(highest, %(position)s), highest = least(highest, %(position)s),
        epoch = epoch + 1,
        stream_made_at = NULL, stream_last = 0, lost_at = NULL
    WHERE name = %(place)s
"""
# What was not published yet comes, too, however old it is.
_FIRST = f"""
    SELECT min(o.sequence) FILTER (WHERE o.occurred_at >= %(since)s),
        min(o.sequence) FILTER (
            WHERE o.occurred_at >= %(since)s
                OR NOT {IS_SENT})
    FROM events_outboxevent o, events_relaycursor place WHERE place.name = %(place)s
"""  # noqa: S608 - of constants


@opens_transaction
def publish_again(*, actor: Actor, since: dt.datetime, place: str = EVENTS) -> int:
    """Let the relay publish everything from an instant on once more, in the old order.

    Consumers know the events by their ids and take none twice. What the relay tells until it learns
    of it stands in the stream before what comes again. A relay that stands because the stream lost
    what it had acknowledged goes on.

    :param actor: the program, or staff: the view has to show every organization's rows.
    :param place: of the broker.
    :returns: the sequence of the first event that comes again, 0 if there is none.
    :raises NoSuchPlace: if nothing was ever carried there.
    :raises TooLongAgo: if an inbox has forgotten events that would come again.
    """
    if not RelayCursor.objects.filter(name=place).exists():
        raise NoSuchPlace()
    _refuse_what_inboxes_forgot(since, place=place)
    with connection.cursor() as cursor:
        cursor.execute(_FIRST, {"since": since, "place": place})
        found, first = cursor.fetchone()
        if found is None:
            return 0
        cursor.execute(_REWIND, {"position": first - 1, "place": place})
    return int(found)


@needs_transaction
def _refuse_what_inboxes_forgot(since: dt.datetime, *, place: str) -> None:
    """Our own consumers read JetStream alone, and would take again what they do not know."""
    if place != EVENTS:
        return
    earliest = InboxBeginning.objects.aggregate(at=Max("forgotten_before"))["at"]
    if earliest is not None and since < earliest:
        raise TooLongAgo(earliest=earliest)


@opens_transaction
def leave(*, actor: Actor, place: str) -> bool:
    """Forget the place of a broker that is no more: the outbox keeps nothing for it any longer.

    JetStream's cannot be left. A relay that still runs for it is overtaken.

    :param actor: the program.
    :returns: whether there was one.
    """
    if place == EVENTS:
        raise NoSuchPlace("The consumers read JetStream: it cannot be left")
    return RelayCursor.objects.filter(name=place).delete()[0] > 0
