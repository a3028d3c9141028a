"""Marking as read: a person's own notices, forwards only."""

from __future__ import annotations

import datetime as dt
import uuid

from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.transactions import opens_transaction
from notifications.choices import Topic
from notifications.models import Notification
from notifications.queries import of_topic, own_notifications


@opens_transaction
def mark_read(*, actor: Actor, notification_id: uuid.UUID, now: dt.datetime) -> Notification:
    """Note that the person has read it; the first time stands. Locks the row.

    :raises NotFound: if the actor was told no such thing.
    """
    rows = own_notifications(actor).select_for_update(of=("self",), no_key=True)
    found = rows.filter(id=notification_id).first()
    if found is None:
        raise NotFound("There is no such notification.")
    if found.read_at is None:
        found.read_at = now
        found.save(update_fields=["read_at"])
    return found


@opens_transaction
def mark_all_read(
    *, actor: Actor, up_to: uuid.UUID | None, now: dt.datetime, topic: Topic | None = None
) -> int:
    """Note that the person has read all, and say how many were unread.

    :param up_to: the newest that they saw: what came after it stays unread. None: all.
    :param topic: the one they looked at: who clears payments has not read about security.
    """
    unread = own_notifications(actor).filter(read_at=None)
    if topic is not None:
        unread = of_topic(unread, topic)
    seen = unread if up_to is None else unread.filter(id__lte=up_to)
    return seen.update(read_at=now)
