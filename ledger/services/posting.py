"""The only door to the books: judge a batch of movements under locks, then write it at once.

The order of locks stands in `locking`. A refused movement leaves no trace here; its neighbors are
posted all the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from accounts.services.runtime import require_money_moves
from kernel.transactions import needs_transaction
from ledger.errors import BatchTooLarge
from ledger.policy import MAX_BATCH
from ledger.services.guarding import Guard
from ledger.services.hearing import hear
from ledger.services.locking import Standing
from ledger.services.movements import Movement, Posted, Refused
from ledger.services.writing import Writing, joined_minor


@needs_transaction
def post(
    movements: Sequence[Movement],
    *,
    now: dt.datetime,
    guards: Sequence[Guard] = (),
    all_or_nothing: bool = False,
) -> list[Posted | Refused]:
    """Post what the books allow of a batch and say, in order, what became of each movement.

    Five statements whatever the size: one locks the accounts, one holds the organizations and their
    books, three insert; two more where holds matter, one more for reversals, and those of guards.
    Each movement is judged against the balances its predecessors in the batch leave. With
    `all_or_nothing`, one refusal keeps the whole batch out of the books; the others then come back
    as `Posted` with no transactions. Emits `ledger.transaction.posted` for each transaction.
    Overdue holds of the accounts are released either way, with `ledger.hold.expired` for each.

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
    writing = Writing(hearing.bench)
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
        else Posted(balances=shown, joined_minor=joined_minor(movement, judged))
        for movement, judged, shown in zip(movements, hearing.judged, hearing.shown, strict=True)
    ]


def _require_size(movements: Sequence[Movement]) -> None:
    if len(movements) > MAX_BATCH:
        raise BatchTooLarge(facts={"maximum": MAX_BATCH})
