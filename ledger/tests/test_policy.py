"""Rules of the books that need no database."""

from __future__ import annotations

import itertools

import pytest

from ledger.choices import AccountClass, AccountStatus, Side
from ledger.policy import change_minor, may_become, normal_side

A, F, S, C = (
    AccountStatus.ACTIVE,
    AccountStatus.FROZEN,
    AccountStatus.SUSPENDED,
    AccountStatus.CLOSED,
)
MOVES = {(A, F), (A, S), (A, C), (F, A), (F, S), (F, C), (S, A), (S, F)}


@pytest.mark.parametrize(
    ("account_class", "side"),
    [
        (AccountClass.ASSET, Side.DEBIT),
        (AccountClass.EXPENSE, Side.DEBIT),
        (AccountClass.LIABILITY, Side.CREDIT),
        (AccountClass.EQUITY, Side.CREDIT),
        (AccountClass.INCOME, Side.CREDIT),
    ],
)
def test_normal_sides(account_class: AccountClass, side: Side) -> None:
    other = Side.CREDIT if side == Side.DEBIT else Side.DEBIT

    assert normal_side(account_class) == side
    assert change_minor(account_class=account_class, side=side, amount_minor=7) == 7
    assert change_minor(account_class=account_class, side=other, amount_minor=7) == -7


@pytest.mark.parametrize(("current", "wanted"), list(itertools.product(AccountStatus, repeat=2)))
def test_state_machine(current: AccountStatus, wanted: AccountStatus) -> None:
    assert may_become(current=current, wanted=wanted) == ((current, wanted) in MOVES)


def test_plain_text_from_the_database_is_understood() -> None:
    assert normal_side("LIABILITY") == "CREDIT"
    assert change_minor(account_class="ASSET", side="CREDIT", amount_minor=1) == -1
    assert may_become(current="FROZEN", wanted="ACTIVE")
