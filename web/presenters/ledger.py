"""Transactions with their entries, and the entries of one wallet."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.urls import reverse

from kernel.ids import encode
from ledger.choices import AccountKind, Side, TransactionKind
from wallets.models import Transfer
from web.presenters.money import shown, signed
from web.presenters.movements import movement_row

if TYPE_CHECKING:
    from typing import Any

_HIDDEN = "—"


@dataclasses.dataclass(frozen=True, slots=True)
class EntryRow:
    """One side of a transaction."""

    account: str
    account_note: str
    debit: str
    credit: str
    balance_after: str


@dataclasses.dataclass(frozen=True, slots=True)
class TransactionCard:
    """One balanced transaction; `total` is the sum of either side."""

    id: str
    recorded_at: dt.datetime
    total: str
    entries: list[EntryRow]


@dataclasses.dataclass(frozen=True, slots=True)
class StatementRow:
    """One entry of a wallet with the balance it left."""

    url: str
    direction: str
    title: str
    at: dt.datetime
    amount: str
    balance_after: str


def transaction_card(
    transaction: Any, *, wallets: Mapping[uuid.UUID, str], sees_books: bool
) -> TransactionCard:
    """A transaction of the books.

    :param wallets: handles of the reader's wallets by account id.
    :param sees_books: whether balances of other accounts may be shown.
    """
    entries = list(transaction.entries.all())
    total_minor = sum(entry.amount_minor for entry in entries if entry.side == Side.DEBIT)
    return TransactionCard(
        id=encode("txn", transaction.id),
        recorded_at=transaction.recorded_at,
        total=shown(total_minor, entries[0].currency),
        entries=[_entry_row(entry, wallets, sees_books) for entry in entries],
    )


def _entry_row(entry: Any, wallets: Mapping[uuid.UUID, str], sees_books: bool) -> EntryRow:
    amount = shown(entry.amount_minor, entry.currency)
    handle = wallets.get(entry.account_id)
    may_see = sees_books or handle is not None
    account = entry.account
    return EntryRow(
        account=account.name,
        account_note=f"Wallet {handle}" if handle else AccountKind(account.kind).label,
        debit=amount if entry.side == Side.DEBIT else "",
        credit=amount if entry.side == Side.CREDIT else "",
        balance_after=shown(entry.balance_after_minor, entry.currency) if may_see else _HIDDEN,
    )


def statement_row(
    entry: Any, *, wallet_id: uuid.UUID, transfers: Mapping[uuid.UUID, Transfer]
) -> StatementRow:
    """An entry of a wallet's account: credits are money in."""
    transfer = transfers.get(entry.transaction.transfer_id)
    direction = "in" if entry.side == Side.CREDIT else "out"
    title = TransactionKind(entry.transaction.kind).label
    if transfer is not None:
        title = movement_row(transfer, {wallet_id}).title
    return StatementRow(
        url=_address(entry.transaction.transfer_id),
        direction=direction,
        title=title,
        at=entry.recorded_at,
        amount=signed(entry.amount_minor, entry.currency, direction=direction),
        balance_after=shown(entry.balance_after_minor, entry.currency),
    )


def _address(transfer_id: uuid.UUID | None) -> str:
    """Where the movement is told; a correction by hand has no page of its own."""
    return "" if transfer_id is None else reverse("web:transfer", args=[encode("trf", transfer_id)])
