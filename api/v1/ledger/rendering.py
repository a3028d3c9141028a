"""How the books are written in answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from api.v1.entries import rendered_entry
from api.v1.rendering import instant, shown, typed_id
from kernel import ids
from ledger import queries as books
from ledger.choices import TransactionKind


def moment(given: dt.datetime | None) -> str | None:
    """An instant that a client gave, of any year, in UTC; null for now."""
    return None if given is None else given.astimezone(dt.UTC).isoformat(timespec="microseconds")


def rendered_account(account: Any) -> dict[str, Any]:
    """One account with its balance."""
    return {
        "id": ids.encode("acc", account.id),
        "organization": ids.encode("org", account.organization_id),
        "code": account.code,
        "name": account.name,
        "group": typed_id("agr", account.parent_id),
        "kind": account.kind,
        "account_class": account.account_class,
        "currency": account.currency_id,
        "status": account.status,
        "posted_minor": account.posted_minor,
        "held_minor": account.held_minor,
        "posted_display": shown(account.posted_minor, account.currency_id),
        "counterparty": typed_id("org", account.counterparty_id),
        "version": account.version,
        "created_at": instant(account.created_at),
    }


def rendered_transaction(transaction: Any) -> dict[str, Any]:
    """One transaction with its entries in their order."""
    entries = list(transaction.entries.all())
    for entry in entries:
        entry.transaction = transaction
    return {
        "id": ids.encode("txn", transaction.id),
        "organization": ids.encode("org", transaction.organization_id),
        "kind": transaction.kind,
        "transfer": typed_id("trf", transaction.transfer_id),
        "reverses": typed_id("txn", transaction.reverses_id),
        "description": transaction.description,
        "effective_at": instant(transaction.effective_at),
        "recorded_at": instant(transaction.recorded_at),
        "entries": [rendered_entry(entry) for entry in entries],
    }


def rendered_reversals(transaction: Any, undone: books.Undone) -> dict[str, Any]:
    """How much of each entry of a transaction was undone."""
    final = transaction.kind == TransactionKind.REVERSAL
    rows = []
    for entry in transaction.entries.all():
        reversed_minor = undone.undone_minor.get(entry.id, 0)
        left_minor = 0 if final else entry.amount_minor - reversed_minor
        rows.append({"seq": entry.seq, "reversed_minor": reversed_minor, "left_minor": left_minor})
    return {"count": undone.count, "entries": rows}


def rendered_balance_rows(accounts: Iterable[Any]) -> list[dict[str, Any]]:
    """Accounts of the trial balance."""
    return [_balance_row(row) for row in books.trial_balance_rows(accounts)]


def _balance_row(row: books.TrialBalanceRow) -> dict[str, Any]:
    return {
        "organization": ids.encode("org", row.organization_id),
        "account": ids.encode("acc", row.account_id),
        "currency": row.currency,
        "code": row.code,
        "name": row.name,
        "account_class": row.account_class,
        **_sides(row),
    }


def rendered_balance_total(total: books.TrialBalanceTotal) -> dict[str, Any]:
    """The sums of one organization and currency."""
    return {
        "organization": ids.encode("org", total.organization_id),
        "currency": total.currency,
        **_sides(total),
        "balanced": total.balanced,
    }


def _sides(both: books.TrialBalanceRow | books.TrialBalanceTotal) -> dict[str, Any]:
    return {
        "debit_minor": both.debit_minor,
        "credit_minor": both.credit_minor,
        "debit_display": shown(both.debit_minor, both.currency),
        "credit_display": shown(both.credit_minor, both.currency),
    }
