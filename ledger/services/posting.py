"""The only door to the books: judge a batch of movements under locks, then write it at once.

Order of locks, everywhere in the program: accounts by ascending id, once, in one statement. A
refused movement leaves no trace here; its neighbors are posted all the same.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from accounts.services.standing import hold_active_organizations
from kernel.ids import new_id
from kernel.rows import insert_rows
from kernel.transactions import needs_transaction
from ledger.errors import BatchTooLarge
from ledger.policy import MAX_BATCH
from ledger.services.judging import Judged, judge
from ledger.services.locking import LockedAccounts, lock_accounts
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
}


@needs_transaction
def post(movements: Sequence[Movement], *, all_or_nothing: bool = False) -> list[Posted | Refused]:
    """Post what the books allow of a batch and say, in order, what became of each movement.

    Four statements whatever the size: one locks the accounts, one holds the organizations that are
    active, two insert. Each movement is judged against the balances its
    predecessors in the batch leave. With `all_or_nothing`, one
    refusal keeps the whole batch out of the books; the others then come back as `Posted` with no
    transactions.

    :raises BatchTooLarge: for more than `MAX_BATCH` movements.
    :raises django.db.IntegrityError: when a reference already stands in the books.
    """
    if len(movements) > MAX_BATCH:
        raise BatchTooLarge(facts={"maximum": MAX_BATCH})
    postings = [posting for movement in movements for posting in movement.postings]
    locked = lock_accounts({leg.account_id for posting in postings for leg in posting.legs})
    active = hold_active_organizations({posting.organization_id for posting in postings})
    results: list[Posted | Refused] = []
    writing = _Writing(locked.recorded_at)
    for movement in movements:
        judged = judge(movement, locked, active)
        results.append(judged if isinstance(judged, Refused) else writing.add(movement, judged))
    if all_or_nothing and any(isinstance(result, Refused) for result in results):
        return [result if isinstance(result, Refused) else Posted() for result in results]
    writing.flush()
    return results


class _Writing:
    """The rows of the accepted movements, collected and then written in two statements."""

    def __init__(self, recorded_at: dt.datetime) -> None:
        self.recorded_at = recorded_at
        self.transactions: list[tuple[object, ...]] = []
        self.entries: list[tuple[object, ...]] = []

    def add(self, movement: Movement, judged: Judged) -> Posted:
        ids = []
        for posting, results in zip(movement.postings, judged, strict=True):
            transaction_id = new_id()
            ids.append(transaction_id)
            self._add_transaction(transaction_id, posting, movement)
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
                        movement.effective_at,
                        self.recorded_at,
                    )
                )
        return Posted(tuple(ids), self.recorded_at)

    def _add_transaction(
        self, transaction_id: uuid.UUID, posting: Posting, movement: Movement
    ) -> None:
        self.transactions.append(
            (
                transaction_id,
                posting.organization_id,
                movement.kind,
                movement.reference,
                movement.transfer_id,
                len(posting.legs),
                movement.effective_at,
                self.recorded_at,
                movement.description,
                {},
            )
        )

    def flush(self) -> None:
        # Sorted by reference: two batches that share references then wait, and never deadlock.
        self.transactions.sort(key=lambda row: (row[1], row[3]))
        insert_rows(
            table="ledger_transaction", columns=_TRANSACTION_COLUMNS, rows=self.transactions
        )
        insert_rows(table="ledger_entry", columns=_ENTRY_COLUMNS, rows=self.entries)


__all__ = ["LockedAccounts", "Movement", "Posted", "Refused", "post"]
