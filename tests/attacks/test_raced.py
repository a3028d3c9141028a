"""Attacks on two connections at once: what one of them has not committed, the other cannot see."""

from __future__ import annotations

import dataclasses
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future

import psycopg
import pytest

from tests.attacks.field import KEPT, Attacker, Field
from tests.attacks.forging import Forged, credit, debit
from tests.attacks.on_accounts import opening
from tests.attacks.on_holds import placing
from tests.attacks.on_periods import changing
from tests.attacks.on_reversals import back, undoing
from tests.servers import clone_database, drop_database

CLOSING = changing(
    "state = 'CLOSED', closed_at = now(), opening_proof = sha256(''), closing_proof = sha256('')",
    "globex_period",
)
INTO_OCTOBER = Forged(
    debit("charlie", 5_00),
    credit("owed_to_acme", 5_00),
    organization_id=":globex",
    effective_at="2026-10-15 12:00+00",
)


@dataclasses.dataclass
class Duel:
    """Two attackers who commit, on a copy of the field."""

    first: Attacker
    second: Attacker

    def meets(self, now: str | Forged, then: str | Forged, *, sees: str = "acme") -> str:
        """The first move waits for its commit while the second is made; what stopped the second."""
        self.first.view(sees)
        self.first.move(now)
        answer = in_thread(lambda: self.second.commits((then,), sees=(sees,)))
        self._wait_until_blocked()
        self.first.connection.commit()
        return answer.result(timeout=30)

    def _wait_until_blocked(self) -> None:
        deadline = time.monotonic() + 20
        pid = self.second.connection.info.backend_pid
        while time.monotonic() < deadline:
            row = self.first.connection.execute(
                "SELECT cardinality(pg_blocking_pids(%s))", [pid]
            ).fetchone()
            if row and row[0]:
                return
            time.sleep(0.02)
        raise AssertionError("the second should wait for the first")


@pytest.fixture
def duel(field: Field) -> Iterator[Duel]:
    copy = dataclasses.replace(field, database=f"{field.database}_duel")
    clone_database(name=copy.database, template=field.database)
    url = os.environ["DATABASE_URL"]
    try:
        with (
            psycopg.connect(url, dbname=copy.database) as one,
            psycopg.connect(url, dbname=copy.database) as other,
        ):
            yield Duel(Attacker(copy, one), Attacker(copy, other))
            one.rollback()
            other.rollback()
    finally:
        drop_database(name=copy.database)


def in_thread(call: Callable[[], str]) -> Future[str]:
    answer: Future[str] = Future()

    def run() -> None:
        try:
            answer.set_result(call())
        except BaseException as error:  # noqa: BLE001 - the waiting test raises it again
            answer.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return answer


def test_two_reversals_of_the_same_rest(duel: Duel) -> None:
    assert duel.meets(undoing(*back(45_00)), undoing(*back(45_00))) == "entry_version"


def test_a_reversal_that_guesses_the_next_version(duel: Duel) -> None:
    """Behind one that is not committed: it must not look right before the other counts."""
    guess = undoing(
        credit("alice", 45_00, version_off=1, balance_off=45_00, reverses_id=":paid_1"),
        debit("shop", 45_00, version_off=1, balance_off=-45_00, reverses_id=":paid_2"),
    )
    duel.first.view("acme")
    duel.first.move(undoing(*back(45_00)))
    assert duel.second.commits((guess,), sees=("acme",)) == "entries_continue_account"
    duel.first.connection.commit()
    assert duel.second.commits((guess,), sees=("acme",)) == "entries_reverse_within"


def test_spending_the_same_money_twice(duel: Duel) -> None:
    spending = Forged(debit("alice", 99_555_00), credit("shop", 99_555_00))
    assert duel.meets(spending, spending) == "entry_version"


def test_reserving_the_same_money_twice(duel: Duel) -> None:
    assert (
        duel.meets(placing(amount="9000000"), placing(amount="9000000", key="'again'"))
        == "account_above_floor"
    )


def test_spending_what_is_being_reserved(duel: Duel) -> None:
    spending = Forged(debit("alice", 90_000_00), credit("shop", 90_000_00))
    assert duel.meets(placing(amount="9000000"), spending) == "account_above_floor"


def test_an_entry_into_a_period_that_is_being_closed(duel: Duel) -> None:
    assert duel.meets(CLOSING, INTO_OCTOBER, sees="globex") == "entries_period_open"


def test_closing_waits_for_the_entry_that_came_first(duel: Duel) -> None:
    assert duel.meets(INTO_OCTOBER, CLOSING, sees="globex") == KEPT
    next_one = Forged(
        debit("charlie", 5_00, version_off=1, balance_off=-5_00),
        credit("owed_to_acme", 5_00, version_off=1, balance_off=5_00),
        **INTO_OCTOBER.changed,
    )
    assert duel.first.commits((next_one,), sees=("globex",)) == "entries_period_open"


def test_closing_one_period_twice(duel: Duel) -> None:
    assert duel.meets(CLOSING, CLOSING, sees="globex") == "period_continues"


def test_money_on_an_account_that_is_being_closed(duel: Duel) -> None:
    """Nobody locks the account first: it is empty when it is closed, and has money afterwards."""
    names = dict(duel.first.field.names)
    assert duel.first.commits((opening(),), sees=("acme",))
    duel.first.view("acme")
    row = duel.first.connection.execute(
        "SELECT id FROM ledger_ledgeraccount WHERE code = '2000-forged'"
    ).fetchone()
    assert row is not None
    duel.first.connection.rollback()
    standing = dataclasses.replace(duel.first.field.standing["alice"], id=row[0])
    field = dataclasses.replace(
        duel.first.field,
        names=names | {"fresh": row[0]},
        standing=dict(duel.first.field.standing)
        | {"fresh": dataclasses.replace(standing, posted_minor=0, version=0)},
    )
    duel.first.field = duel.second.field = field
    closing = "UPDATE ledger_ledgeraccount SET status = 'CLOSED' WHERE id = %(fresh)s"
    paying = Forged(debit("alice", 5_00), credit("fresh", 5_00))
    assert duel.meets(closing, paying) == "account_closed_empty"
    assert duel.first.commits((placing(account="%(fresh)s"),), sees=("acme",)) == (
        "hold_account_state"
    )
