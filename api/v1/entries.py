"""Entries: what the books say, line by line."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.schema.shapes import page_shape
from api.v1.rendering import instant, shown, typed_id
from api.v1.shapes import id_member, minor
from kernel import ids
from ledger.choices import Side, TransactionKind


class Entry(serializers.Serializer[Any]):
    """One side of a transaction on one account."""

    transaction = id_member("txn")
    transfer = id_member("trf", allow_null=True)
    account = id_member("acc")
    seq = serializers.IntegerField(min_value=1, help_text="Its place in the transaction.")
    kind = serializers.ChoiceField(choices=TransactionKind.choices)
    description = serializers.CharField()
    side = serializers.ChoiceField(choices=Side.choices)
    amount_minor = minor()
    currency = serializers.CharField()
    display = serializers.CharField()
    balance_after_minor = minor(help_text="Positive on the account's normal side.")
    balance_after_display = serializers.CharField()
    version = serializers.IntegerField(min_value=1, help_text="Counts the account's entries.")
    effective_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()


EntryPage = page_shape(Entry, "EntryPage")


def rendered_entry(entry: Any) -> dict[str, Any]:
    """One entry with its transaction."""
    currency = entry.currency_id
    return {
        "transaction": ids.encode("txn", entry.transaction_id),
        "transfer": typed_id("trf", entry.transaction.transfer_id),
        "account": ids.encode("acc", entry.account_id),
        "seq": entry.seq,
        "kind": entry.transaction.kind,
        "description": entry.transaction.description,
        "side": entry.side,
        "amount_minor": entry.amount_minor,
        "currency": currency,
        "display": shown(entry.amount_minor, currency),
        "balance_after_minor": entry.balance_after_minor,
        "balance_after_display": shown(entry.balance_after_minor, currency),
        "version": entry.version,
        "effective_at": instant(entry.effective_at),
        "recorded_at": instant(entry.recorded_at),
    }


def rendered_entries(entries: list[Any]) -> list[dict[str, Any]]:
    """A page of entries."""
    return [rendered_entry(entry) for entry in entries]
