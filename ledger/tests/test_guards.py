"""Guards beside the books: asked once, under the locks, and told only of what stands.

And what posting itself makes of time: when a movement counts, and what is closed.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

from kernel.context import Context, Scope, reading_as
from kernel.transactions import opens_transaction
from ledger.errors import PostingRefused
from ledger.models import Transaction
from ledger.services.movements import Movement, Posted, Refused
from ledger.services.periods import close_period, open_period
from ledger.services.posting import post, rehearse
from ledger.tests.books import codes, fresh, movement, nothing_moves, posted
from tests.world import NOW

ALICE = 1_00_000_00


class AmountOdd(PostingRefused):
    code = "amount_odd"
    title = "Odd amounts are not for us"


class Scribe:
    """A guard that refuses odd amounts and writes down everything it is asked and told."""

    def __init__(self, name: str, told: list[str]) -> None:
        self.name = name
        self.told = told

    def ask(self, movements: Sequence[Movement], *, locking: bool) -> None:
        how = "locking" if locking else "looking"
        self._note(f"ask {how} {','.join(str(amount(one)) for one in movements)}")

    def learn(self) -> None:
        self._note("learn")

    def refusal(self, movement: Movement) -> PostingRefused | None:
        self._note(f"judge {amount(movement)}")
        return AmountOdd() if amount(movement) % 2 else None

    def accept(self, movement: Movement) -> None:
        self._note(f"accept {amount(movement)}")

    def write(self) -> None:
        self._note("write")

    def _note(self, what: str) -> None:
        self.told.append(f"{self.name} {what}")


def amount(movement: Movement) -> int:
    return movement.postings[0].legs[0].amount_minor


def _platform(**_: object) -> Context:
    return Context(scope=Scope.PLATFORM)


@opens_transaction(context=_platform)
def guarded(
    *movements: Movement, guards: Sequence[Scribe], whole: bool = False
) -> list[Posted | Refused]:
    return post(movements, now=NOW, guards=guards, all_or_nothing=whole)


def test_two_guards_are_called_in_order_for_what_the_books_allow(alice, acme) -> None:
    """20 stands, the books refuse the second, the first guard refuses 7, and 4 stands."""
    told: list[str] = []
    wanted = [movement(alice, acme, minor) for minor in (20, ALICE, 7, 4)]

    results = guarded(*wanted, guards=[Scribe("a", told), Scribe("b", told)])

    assert codes(results) == [None, "insufficient_funds", "amount_odd", None]
    assert told == [
        f"a ask locking 20,{ALICE},7,4",
        f"b ask locking 20,{ALICE},7,4",
        "a learn",
        "b learn",
        *("a judge 20", "b judge 20", "a accept 20", "b accept 20"),
        "a judge 7",
        *("a judge 4", "b judge 4", "a accept 4", "b accept 4"),
        "a write",
        "b write",
    ]
    assert fresh(account=alice).posted_minor == ALICE - 24


def test_what_a_guard_refuses_leaves_no_trace(alice, acme) -> None:
    with nothing_moves():
        (result,) = guarded(movement(alice, acme, 7), guards=[Scribe("a", [])])
    assert isinstance(result, Refused)
    assert (result.error.code, result.account_id) == ("amount_odd", alice.id)


def test_a_withheld_batch_is_not_written_by_guards_either(alice, acme) -> None:
    told: list[str] = []
    wanted = movement(alice, acme, 20), movement(alice, acme, 7)
    with nothing_moves():
        results = guarded(*wanted, guards=[Scribe("a", told)], whole=True)

    assert codes(results) == [None, "amount_odd"]
    assert "a write" not in told


def test_a_dry_run_asks_guards_without_locks_and_lets_them_write_nothing(alice, acme) -> None:
    told: list[str] = []
    with nothing_moves(), reading_as(_platform()):
        results = rehearse([movement(alice, acme, 20)], now=NOW, guards=[Scribe("a", told)])

    assert codes(results) == [None]
    assert told == ["a ask looking 20", "a learn", "a judge 20", "a accept 20"]


# Time.


def dated(wanted: Movement, effective_at: dt.datetime) -> Movement:
    return dataclasses.replace(wanted, effective_at=effective_at)


def written(result: Posted | Refused) -> Transaction:
    assert isinstance(result, Posted)
    with reading_as(_platform()):
        return Transaction.objects.get(id=result.transaction_ids[0])


def test_what_should_count_later_than_now_counts_when_it_is_recorded(alice, acme) -> None:
    """A door's clock may be ahead of the database's; the books are never ahead of themselves."""
    ahead = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    (result,) = posted(dated(movement(alice, acme, 5), ahead))

    kept = written(result)
    assert kept.effective_at == kept.recorded_at < ahead


def test_what_counts_earlier_keeps_its_date(alice, acme) -> None:
    before = NOW - dt.timedelta(days=400)
    (result,) = posted(dated(movement(alice, acme, 5), before))

    assert written(result).effective_at == before < written(result).recorded_at


def test_a_closed_period_refuses_one_and_takes_its_neighbor(world, alice, acme) -> None:
    actor = world.actor(world.alice)
    period = open_period(
        actor=actor,
        organization_id=world.acme.id,
        closes_on=NOW.date() - dt.timedelta(days=1),
        now=NOW,
    )
    close_period(actor=actor, period_id=period.id, now=NOW)
    last = period.ends_at - dt.timedelta(microseconds=1)

    results = posted(
        dated(movement(alice, acme, 5), last), dated(movement(alice, acme, 7), period.ends_at)
    )

    assert codes(results) == ["period_closed", None]
    assert isinstance(results[0], Refused)
    assert results[0].error.facts["closed_before"] == period.ends_at.isoformat()
    assert fresh(account=alice).posted_minor == ALICE - 7
