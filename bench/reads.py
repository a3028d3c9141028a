"""What is read of one account, as the API reads it."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from bench.tenants import World
from bench.writers import Step
from kernel.context import reading
from ledger.choices import Axis
from ledger.queries import account_of, balance_of, entries_of_account

PAGE = 25


def balance(world: World, account: str) -> Step:
    """The account with its balances as they stand."""
    actor, account_id = world.tenants[0].actor, uuid.UUID(account)

    def step() -> tuple[int, int]:
        with reading(actor):
            account_of(account_id)
        return 1, 0

    return step


def history(world: World, account: str) -> Step:
    """A page from the middle of the account's entries, with their transactions."""
    actor, account_id = world.tenants[0].actor, uuid.UUID(account)
    with reading(actor):
        middle = account_of(account_id).version // 2

    def step() -> tuple[int, int]:
        with reading(actor):
            page = list(entries_of_account(account_id).filter(version__lt=middle)[: PAGE + 1])
        assert len(page) == PAGE + 1
        return 1, 0

    return step


def as_recorded(world: World, account: str) -> Step:
    """The balance after the entry in the middle, as it was recorded then."""
    return _as_of(world, account, Axis.RECORDED)


def as_effective(world: World, account: str) -> Step:
    """The same by effective time."""
    return _as_of(world, account, Axis.EFFECTIVE)


def _as_of(world: World, account: str, axis: Axis) -> Step:
    actor, account_id = world.tenants[0].actor, uuid.UUID(account)
    with reading(actor):
        middle = account_of(account_id).version // 2
        entry = entries_of_account(account_id).get(version=middle)

    def step() -> tuple[int, int]:
        with reading(actor):
            found = balance_of(account_id, as_of=entry.recorded_at, axis=axis)
        assert found.posted_minor == entry.balance_after_minor
        return 1, 0

    return step


READS: dict[str, Callable[[World, str], Step]] = {
    "balance": balance,
    "as_recorded": as_recorded,
    "as_effective": as_effective,
    "history": history,
}
