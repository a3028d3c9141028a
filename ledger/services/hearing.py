"""One batch before the books: what it needs is read, then each movement is judged in order."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence

from ledger.choices import HoldState
from ledger.services.guarding import Guard
from ledger.services.judging import Bench, Judged, apply, judge
from ledger.services.locking import Standing, asked_standings
from ledger.services.movements import Balance, Movement, Refused
from ledger.services.reserving import holds_of, tell_expired
from ledger.services.undoing import undoable


@dataclasses.dataclass(frozen=True, slots=True)
class Hearing:
    """The judgments of a batch, and the bench as they leave it.

    :param judged: in the order of the movements: where each leg leaves its account, or a refusal.
    :param shown: of a look without locks: what each movement's accounts show after it.
    """

    bench: Bench
    judged: list[Judged | Refused]
    shown: list[dict[uuid.UUID, Balance]]

    @property
    def refused(self) -> bool:
        return any(isinstance(one, Refused) for one in self.judged)


def hear(
    movements: Sequence[Movement],
    *,
    now: dt.datetime,
    guards: Sequence[Guard],
    locking: bool,
    unopened: Sequence[Standing] = (),
) -> Hearing:
    """Read, under locks if `locking`, and judge each movement after its predecessors.

    :param unopened: accounts that are not there yet, and would be.
    """
    bench = _bench(movements, now=now, guards=guards, locking=locking)
    bench.standings.accounts.update({account.id: account for account in unopened})
    lapsed = bench.holds.overdue()
    for hold in lapsed:
        account = bench.standings.accounts.get(hold.account_id)
        released = hold.release(HoldState.EXPIRED)
        if account is not None:
            account.held_minor -= released
    if locking and lapsed:
        # Whatever becomes of the batch, these are over.
        bench.holds.write()
        tell_expired(lapsed, now=now)
    judged: list[Judged | Refused] = []
    shown: list[dict[uuid.UUID, Balance]] = []
    for movement in movements:
        judged.append(_heard(movement, bench, guards))
        if not locking:
            shown.append(_balances(bench, movement))
    return Hearing(bench, judged, shown)


def _bench(
    movements: Sequence[Movement], *, now: dt.datetime, guards: Sequence[Guard], locking: bool
) -> Bench:
    postings = [posting for movement in movements for posting in movement.postings]
    legs = [leg for posting in postings for leg in (*posting.legs, *posting.closing)]
    with asked_standings(
        account_ids={leg.account_id for leg in legs} | _fee_accounts(movements),
        organization_ids={posting.organization_id for posting in postings},
        locking=locking,
    ) as read:
        for guard in guards:
            guard.ask(movements, locking=locking)
        standings = read()
    for guard in guards:
        guard.learn()
    holds = holds_of(
        captured={movement.capture.hold_id for movement in movements if movement.capture},
        reserved_accounts={a.id for a in standings.accounts.values() if a.held_minor},
        now=now,
        locking=locking,
    )
    return Bench(standings, holds, undoable({leg.reverses for leg in legs if leg.reverses}))


def _fee_accounts(movements: Sequence[Movement]) -> set[uuid.UUID]:
    """Accounts that the shares of captures go to: how much joins is known under the locks only."""
    captures = (movement.capture for movement in movements)
    return {one.fee_account_id for one in captures if one and one.fee_account_id}


def _heard(movement: Movement, bench: Bench, guards: Sequence[Guard]) -> Judged | Refused:
    ruling = judge(movement, bench)
    if isinstance(ruling, Refused):
        return ruling
    for guard in guards:
        refusal = guard.refusal(movement)
        if refusal:
            return Refused(refusal, movement.postings[0].legs[0].account_id)
    for guard in guards:
        guard.accept(movement)
    return apply(ruling, bench)


def _balances(bench: Bench, movement: Movement) -> dict[uuid.UUID, Balance]:
    """What the accounts of a movement show now, in minor units."""
    shown = {}
    for posting in movement.postings:
        for leg in posting.legs:
            account = bench.standings.accounts.get(leg.account_id)
            if account is None:
                continue
            free = account.posted_minor - account.held_minor - (account.floor_minor or 0)
            shown[account.id] = Balance(account.posted_minor, account.held_minor, free)
    return shown
