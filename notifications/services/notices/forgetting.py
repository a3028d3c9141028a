"""Letting go of notices: of old ones by the clock, and of all when their person is erased."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db.models import Q

from accounts.choices import ERASED_AT
from kernel.actor import Actor
from kernel.transactions import needs_transaction, opens_transaction
from notifications.models import Notification, Preference
from notifications.services.notices.writing import KEPT

MOST = 1_000


@opens_transaction
def forget_notices(*, actor: Actor, now: dt.datetime) -> int:
    """Remove at most `MOST` notices that are older than `KEPT`, or of somebody erased.

    The latter only where an event was taken in while its person was being erased.

    :param actor: the program itself.
    :returns: how many it removed; below `MOST` nothing is left.
    """
    gone = Q(created_at__lte=now - KEPT) | Q(user__is_active=False, user__email__endswith=ERASED_AT)
    ids = list(Notification.objects.filter(gone).order_by().values_list("id", flat=True)[:MOST])
    return Notification.objects.filter(id__in=ids).delete()[0]


@needs_transaction
def erase_notices(*, user_id: uuid.UUID, **_: object) -> None:
    """Leave nothing of what an erased person was told, nor of what they wished to be told."""
    Notification.objects.filter(user_id=user_id).delete()
    Preference.objects.filter(user_id=user_id).delete()
