"""The rows of the accepted movements, collected and then written in three statements."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid

from events.services import Fact, emit_many
from kernel.actor import Door, system
from kernel.ids import new_id
from kernel.rows import insert_rows
from ledger.choices import Side, TransactionKind
from ledger.services.judging import Bench, Judged, JudgedPosting
from ledger.services.movements import Movement, Posted, Posting

# Whoever asked stands on the event of what they asked for. This one says what the books did, and
# the books of a counterparty must not show who it was.
_BOOKS = system(door=Door.TASK, request_id="")

_TRANSACTION_COLUMNS = {
    "id": "uuid",
    "organization_id": "uuid",
    "kind": "text",
    "reference": "bytea",
    "transfer_id": "uuid",
    "entry_count": "smallint",
    "effective_at": "timestamptz",
    "recorded_at": "timestamptz",
    "description": "text",
    "metadata": "jsonb",
    "reverses_id": "uuid",
    "hold_id": "uuid",
}
_ENTRY_COLUMNS = {
    "transaction_id": "uuid",
    "organization_id": "uuid",
    "seq": "smallint",
    "account_id": "uuid",
    "side": "text",
    "amount_minor": "bigint",
    "currency_id": "text",
    "balance_after_minor": "bigint",
    "version": "bigint",
    "effective_at": "timestamptz",
    "recorded_at": "timestamptz",
    "reverses_id": "bigint",
}


class Writing:
    """The rows of the accepted movements, collected and then written in three statements."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.recorded_at = bench.standings.recorded_at
        self.transactions: list[_Transaction] = []

    def add(self, movement: Movement, judged: Judged) -> Posted:
        """Take down what a movement writes."""
        effective_at = self.bench.effective_at(movement)
        added = [
            _Transaction(new_id(), posting, movement, effective_at, self.recorded_at, landed)
            for posting, landed in zip(movement.postings, judged, strict=True)
        ]
        self.transactions += added
        ids = tuple(transaction.id for transaction in added)
        return Posted(ids, self.recorded_at, joined_minor(movement, judged))

    def flush(self) -> None:
        """Write it, and tell of it in the same order."""
        entries = [row for transaction in self.transactions for row in transaction.entries()]
        told = [transaction.fact() for transaction in self.transactions]
        # Sorted by reference: two batches that share references then wait, and never deadlock.
        rows = sorted(
            (transaction.row() for transaction in self.transactions),
            key=lambda row: (row[1], row[3]),
        )
        insert_rows(table="ledger_transaction", columns=_TRANSACTION_COLUMNS, rows=rows)
        # Holds before entries: what a capture frees must be free when the balance falls.
        self.bench.holds.write()
        insert_rows(table="ledger_entry", columns=_ENTRY_COLUMNS, rows=entries)
        emit_many(told)


@dataclasses.dataclass(frozen=True, slots=True)
class _Transaction:
    """One transaction of one organization's books, before it is written."""

    id: uuid.UUID
    posting: Posting
    movement: Movement
    effective_at: dt.datetime
    recorded_at: dt.datetime
    landed: JudgedPosting

    @property
    def hold_id(self) -> uuid.UUID | None:
        """Of a capture across two organizations, the paying side alone takes from the hold."""
        capture = self.movement.capture
        if capture and any(leg.account_id == capture.account_id for leg in self.posting.legs):
            return capture.hold_id
        return None

    @property
    def kind(self) -> TransactionKind:
        paid = self.movement.capture is None or self.hold_id is not None
        return self.movement.kind if paid else TransactionKind.TRANSFER

    def row(self) -> tuple[object, ...]:
        return (
            self.id,
            self.posting.organization_id,
            self.kind,
            self.movement.reference,
            self.movement.transfer_id,
            len(self.landed),
            self.effective_at,
            self.recorded_at,
            self.movement.description,
            {},
            self.posting.reverses,
            self.hold_id,
        )

    def entries(self) -> list[tuple[object, ...]]:
        return [
            (
                self.id,
                self.posting.organization_id,
                seq,
                leg.account_id,
                leg.side,
                leg.amount_minor,
                account.currency,
                balance,
                version,
                self.effective_at,
                self.recorded_at,
                leg.reverses,
            )
            for seq, (leg, account, balance, version) in enumerate(self.landed, start=1)
        ]

    def fact(self) -> Fact:
        return Fact(
            name="ledger.transaction.posted",
            organization_id=self.posting.organization_id,
            subject_id=self.id,
            payload={
                "transaction_id": str(self.id),
                "kind": str(self.kind),
                "transfer_id": _text(self.movement.transfer_id),
                "reverses_transaction_id": _text(self.posting.reverses),
                "hold_id": _text(self.hold_id),
                "effective_at": self.effective_at.isoformat(),
                "recorded_at": self.recorded_at.isoformat(),
                "entries": [
                    {
                        "account_id": str(leg.account_id),
                        "side": str(leg.side),
                        "amount_minor": leg.amount_minor,
                        "currency": account.currency,
                        "version": version,
                        "balance_minor": balance,
                    }
                    for leg, account, balance, version in self.landed
                ],
            },
            actor=_BOOKS,
            now=self.recorded_at,
        )


def joined_minor(movement: Movement, judged: Judged) -> int:
    """Debits of the legs that were not there when the movement was made, in minor units."""
    return sum(
        leg.amount_minor
        for posting, results in zip(movement.postings, judged, strict=True)
        for leg, *_ in results[len(posting.legs) :]
        if leg.side == Side.DEBIT
    )


def _text(value: uuid.UUID | None) -> str | None:
    return None if value is None else str(value)
