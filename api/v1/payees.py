"""Whom a payout that waits would pay, for who is to agree."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.models import PendingAct
from wallets.services.payouts.beneficiaries import payee_of


class PayeeAtBank(serializers.Serializer[Any]):
    """An account at a bank: enough to judge it by. The number stays masked."""

    name = serializers.CharField(help_text="Of the account's holder.")
    bank_code = serializers.CharField()
    country = serializers.CharField(
        allow_null=True, help_text="Of the bank, two letters; null where no code says it."
    )
    account_number = serializers.CharField(help_text="Its last characters.")
    characters = serializers.IntegerField(help_text="How long the number is.")


def rendered_payee(act: PendingAct) -> dict[str, Any] | None:
    """The account at a bank that the act would pay; None if it pays none. In an open view."""
    found = payee_of(act) if act.facts.get("payout") else None
    if found is None:
        return None
    return {
        "name": found.name,
        "bank_code": found.bank_code,
        "country": found.country or None,
        "account_number": found.masked,
        "characters": found.characters,
    }
