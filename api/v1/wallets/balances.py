"""What a wallet would show after something that was only asked about."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.v1.rendering import shown
from api.v1.shapes import id_member, minor
from kernel import ids
from ledger.services.movements import Balance
from wallets.models import Wallet


class BalancesAfter(serializers.Serializer[Any]):
    """What a wallet would show."""

    wallet = id_member("wal")
    posted_minor = minor()
    held_minor = minor()
    available_minor = minor()
    available_display = serializers.CharField()


def balances_after(wallet: Wallet | None, balance: Balance | None) -> dict[str, Any] | None:
    """The balances, if the wallet is in view and would change."""
    if wallet is None or balance is None:
        return None
    return {
        "wallet": ids.encode("wal", wallet.id),
        "posted_minor": balance.posted_minor,
        "held_minor": balance.held_minor,
        "available_minor": balance.available_minor,
        "available_display": shown(balance.available_minor, wallet.currency_id),
    }
