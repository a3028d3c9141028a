"""Events of the books."""

from __future__ import annotations

from collections.abc import Mapping

from events.catalogue.shapes import (
    COUNT,
    MINOR,
    OPTIONAL_TEXT,
    OPTIONAL_UUID,
    SIGNED_MINOR,
    TEXT,
    TEXTS,
    UUID,
    EventType,
)

_LEDGER_HOLD = {
    "hold_id": UUID,
    "account_id": UUID,
    "currency": TEXT,
    "amount_minor": MINOR,
    "captured_minor": MINOR,
    "released_minor": MINOR,
    "fee_minor": MINOR,
    "fee_captured_minor": MINOR,
}
_PERIOD = {
    "period_id": UUID,
    "closes_on": TEXT,
    "starts_at": OPTIONAL_TEXT,
    "ends_at": TEXT,
    "closing_proof": OPTIONAL_TEXT,
}
_JOURNAL = {
    "transaction_id": UUID,
    "reverses_transaction_id": OPTIONAL_UUID,
    "entry_count": COUNT,
    "effective_at": TEXT,
}
_CHART = {"id": UUID, "code": TEXT, "name": TEXT, "account_class": TEXT}

_ENTRY: Mapping[str, object] = {
    "type": "object",
    "properties": {
        "account_id": dict(UUID),
        "side": {"enum": ["DEBIT", "CREDIT"]},
        "amount_minor": dict(MINOR),
        "currency": dict(TEXT),
        "version": {"type": "integer", "minimum": 1},
        "balance_minor": dict(SIGNED_MINOR),
    },
    "required": ["account_id", "amount_minor", "balance_minor", "currency", "side", "version"],
    "additionalProperties": True,
}
_TRANSACTION = {
    "transaction_id": UUID,
    "kind": TEXT,
    "transfer_id": OPTIONAL_UUID,
    "reverses_transaction_id": OPTIONAL_UUID,
    "hold_id": OPTIONAL_UUID,
    "effective_at": TEXT,
    "recorded_at": TEXT,
    "entries": {"type": "array", "minItems": 2, "items": _ENTRY},
}

LEDGER = (
    EventType(
        "ledger.transaction.posted",
        "Entries were written to one organization's books. Each names the account's version, which"
        " counts its entries from 1 without a gap, and its balance after it, on its normal side.",
        _TRANSACTION,
        ordered_by="payload.entries[].account_id",
    ),
    EventType("ledger.hold.expired", "A hold ran out; the rest is free again.", _LEDGER_HOLD),
    EventType(
        "ledger.clearing_cap.set",
        "An organization stated how much it may owe another.",
        {
            "organization_id": UUID,
            "counterparty_id": UUID,
            "currency": TEXT,
            "cap_minor": MINOR,
            "effective_cap_minor": MINOR,
        },
    ),
    EventType("ledger.period.opened", "A period of the books was defined.", _PERIOD),
    EventType("ledger.period.closed", "What counts before its end is final.", _PERIOD),
    EventType("ledger.period.withdrawn", "An open period is none any more.", _PERIOD),
    EventType("ledger.journal.posted", "Somebody wrote to the books by hand.", _JOURNAL),
    EventType("ledger.journal.reversed", "A manual journal was undone, or part of it.", _JOURNAL),
    EventType("ledger.account_group.opened", "The chart has another heading.", _CHART),
    EventType("ledger.account.opened", "The chart has another account.", _CHART),
    EventType("ledger.account.renamed", "A general account has another name.", _CHART),
    EventType("ledger.account.closed", "A general account ended, at zero.", _CHART),
    EventType(
        "ledger.reconciliation.drift_found",
        "A check of the books found what breaks a rule: somebody must look.",
        {"job_id": UUID, "organization_id": OPTIONAL_UUID, "findings": COUNT, "passes": TEXTS},
    ),
)
