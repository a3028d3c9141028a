"""What a wallet may spend, what it has spent, and what is left."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.v1.rendering import shown
from api.v1.shapes import id_member, minor
from wallets.queries import LimitWindow as Window
from wallets.queries import WalletLimits as Limits


class LimitWindow(serializers.Serializer[Any]):
    """A day or a month."""

    starts_on = serializers.DateField(help_text="In the organization's time zone.")
    limit_minor = minor(
        allow_null=True,
        help_text="The wallet's, or its holder's by tier, whichever leaves less; null: no limit.",
    )
    used_minor = minor(
        help_text="Paid out since then of that limit: from the wallet, or from all of the"
        " holder's; fees do not count."
    )
    left_minor = minor(allow_null=True)
    left_display = serializers.CharField(allow_null=True)


class LimitWindows(serializers.Serializer[Any]):
    """The windows that run now; null for an organization's own wallets, which have no limits."""

    day = LimitWindow(allow_null=True)
    month = LimitWindow(allow_null=True)


class WalletLimits(LimitWindows):
    """The windows of one wallet."""

    wallet = id_member("wal")
    currency = serializers.CharField()


def rendered_limits(limits: Limits | None, *, currency: str) -> dict[str, Any]:
    """The windows of a wallet."""
    if limits is None:
        return {"day": None, "month": None}
    return {
        "day": _window(limits.of_day, currency),
        "month": _window(limits.of_month, currency),
    }


def _window(window: Window, currency: str) -> dict[str, Any]:
    limit_minor, used_minor = window.tighter
    left_minor = None if limit_minor is None else max(0, limit_minor - used_minor)
    return {
        "starts_on": window.starts_on.isoformat(),
        "limit_minor": limit_minor,
        "used_minor": used_minor,
        "left_minor": left_minor,
        "left_display": None if left_minor is None else shown(left_minor, currency),
    }
