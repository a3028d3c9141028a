"""What waited too long is given up, and what is long over is removed."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q

from kernel.actor import Actor
from kernel.transactions import opens_transaction
from notifications.choices import DeliveryState
from notifications.models import WebhookAttempt, WebhookDelivery, WebhookSecret
from notifications.webhooks.times import KEPT

MOST = 1_000


@opens_transaction
def sweep(*, actor: Actor, now: dt.datetime) -> int:
    """Give up at most `MOST` deliveries that expired, and remove at most `MOST` old ones.

    Secrets that sign no more are removed as well.

    :param actor: the program itself.
    :returns: how many rows of deliveries it ended or removed; below `MOST` nothing is left.
    """
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    overdue = WebhookDelivery.objects.filter(
        free, state=DeliveryState.PENDING, expires_at__lte=now
    ).order_by("expires_at")
    ids = list(
        overdue.select_for_update(of=("self",), no_key=True, skip_locked=True).values_list(
            "id", flat=True
        )[:MOST]
    )
    WebhookDelivery.objects.filter(id__in=ids).update(
        state=DeliveryState.FAILED, finished_at=now, leased_until=None
    )
    old = WebhookDelivery.objects.filter(finished_at__lte=now - KEPT).order_by("finished_at")
    gone = list(
        old.select_for_update(of=("self",), skip_locked=True).values_list("id", flat=True)[:MOST]
    )
    WebhookAttempt.objects.filter(delivery_id__in=gone).delete()
    WebhookDelivery.objects.filter(id__in=gone).delete()
    WebhookSecret.objects.filter(expires_at__lte=now).delete()
    return max(len(ids), len(gone))
