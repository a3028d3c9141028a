"""What is read of one account, as the API reads it."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from bench.tenants import World
from bench.writers import Step
from kernel.context import reading
from ledger.queries import account_of, entries_of_account

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


READS: dict[str, Callable[[World, str], Step]] = {"balance": balance, "history": history}
