"""The only door to the books: judge a batch of movements under locks, then write it at once.

The order of locks stands in `locking`. A refused movement leaves no trace here; its neighbors are
posted all the same.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from accounts.services.runtime import require_money_moves
from kernel.ids import new_id
from kernel.rows import insert_rows
from kernel.transactions import needs_transaction
from ledger.choices import Side, TransactionKind
from ledger.errors import BatchTooLarge
from ledger.policy import MAX_BATCH
from ledger.services.guarding import Guard
from ledger.services.hearing import hear
from ledger.services.judging import Bench, Judged
from ledger.services.locking import Standing
from ledger.services.movements import Movement, Posted, Posting, Refused

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


@needs_transaction
def post(
    movements: Sequence[Movement],
    *,
    now: dt.datetime,
    guards: Sequence[Guard] = (),
    all_or_nothing: bool = False,
) -> list[Posted | Refused]:
    """Post what the books allow of a batch and say, in order, what became of each movement.

    Four statements whatever the size: one locks the accounts, one holds the organizations and their
    books, two insert; two more where holds matter, one more for reversals, and those of the guards.
    Each movement is judged against the balances its predecessors in the batch leave. With
    `all_or_nothing`, one refusal keeps the whole batch out of the books; the others then come back
    as `Posted` with no transactions. Overdue holds of the accounts are released either way, with
    the event `ledger.hold.expired` for each.

    :param now: from the door: what expired by then is over.
    :param guards: judged after the books, for each movement; see `Guard`.
    :raises BatchTooLarge: for more than `MAX_BATCH` movements.
    :raises MoneyReadOnly: while the installation is under maintenance.
    :raises django.db.IntegrityError: when a reference already stands in the books.
    """
    _require_size(movements)
    if not movements:
        return []
    require_money_moves()
    hearing = hear(movements, now=now, guards=guards, locking=True)
    if all_or_nothing and hearing.refused:
        return [one if isinstance(one, Refused) else Posted() for one in hearing.judged]
    writing = _Writing(hearing.bench)
    results = [
        judged if isinstance(judged, Refused) else writing.add(movement, judged)
        for movement, judged in zip(movements, hearing.judged, strict=True)
    ]
    writing.flush()
    for guard in guards:
        guard.write()
    return results


def rehearse(
    movements: Sequence[Movement],
    *,
    now: dt.datetime,
    guards: Sequence[Guard] = (),
    all_or_nothing: bool = False,
    unopened: Sequence[Standing] = (),
) -> list[Posted | Refused]:
    """Say what `post` would say of the batch now, and what the accounts would show after it.

    Takes no lock and writes no row: what it says is true of the moment it looked.

    :param unopened: accounts that whoever posts would open first.
    :raises BatchTooLarge: for more than `MAX_BATCH` movements.
    """
    _require_size(movements)
    hearing = hear(movements, now=now, guards=guards, locking=False, unopened=unopened)
    if all_or_nothing and hearing.refused:
        return [one if isinstance(one, Refused) else Posted() for one in hearing.judged]
    return [
        judged
        if isinstance(judged, Refused)
        else Posted(balances=shown, joined_minor=_joined(movement, judged))
        for movement, judged, shown in zip(movements, hearing.judged, hearing.shown, strict=True)
    ]


def _require_size(movements: Sequence[Movement]) -> None:
    if len(movements) > MAX_BATCH:
        raise BatchTooLarge(facts={"maximum": MAX_BATCH})


def _joined(movement: Movement, judged: Judged) -> int:
    """Debits of the legs that were not there when the movement was made, in minor units."""
    return sum(
        leg.amount_minor
        for posting, results in zip(movement.postings, judged, strict=True)
        for leg, *_ in results[len(posting.legs) :]
        if leg.side == Side.DEBIT
    )


class _Writing:
    """The rows of the accepted movements, collected and then written in two statements."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.recorded_at = bench.standings.recorded_at
        self.transactions: list[tuple[object, ...]] = []
        self.entries: list[tuple[object, ...]] = []

    def add(self, movement: Movement, judged: Judged) -> Posted:
        ids = []
        effective_at = self.bench.effective_at(movement)
        for posting, results in zip(movement.postings, judged, strict=True):
            transaction_id = new_id()
            ids.append(transaction_id)
            self._add_transaction(transaction_id, posting, movement, effective_at, len(results))
            for seq, (leg, account, balance, version) in enumerate(results, start=1):
                self.entries.append(
                    (
                        transaction_id,
                        posting.organization_id,
                        seq,
                        leg.account_id,
                        leg.side,
                        leg.amount_minor,
                        account.currency,
                        balance,
                        version,
                        effective_at,
                        self.recorded_at,
                        leg.reverses,
                    )
                )
        return Posted(tuple(ids), self.recorded_at, _joined(movement, judged))

    def _add_transaction(
        self,
        transaction_id: uuid.UUID,
        posting: Posting,
        movement: Movement,
        effective_at: dt.datetime,
        entry_count: int,
    ) -> None:
        capture = movement.capture
        # Of a capture across two organizations, the paying side alone takes from the hold.
        captures = capture and any(leg.account_id == capture.account_id for leg in posting.legs)
        paid = capture is None or captures
        self.transactions.append(
            (
                transaction_id,
                posting.organization_id,
                movement.kind if paid else TransactionKind.TRANSFER,
                movement.reference,
                movement.transfer_id,
                entry_count,
                effective_at,
                self.recorded_at,
                movement.description,
                {},
                posting.reverses,
                capture.hold_id if capture and captures else None,
            )
        )

    def flush(self) -> None:
        # Sorted by reference: two batches that share references then wait, and never deadlock.
        self.transactions.sort(key=lambda row: (row[1], row[3]))
        insert_rows(
            table="ledger_transaction", columns=_TRANSACTION_COLUMNS, rows=self.transactions
        )
        # Holds before entries: what a capture frees must be free when the balance falls.
        self.bench.holds.write()
        insert_rows(table="ledger_entry", columns=_ENTRY_COLUMNS, rows=self.entries)
