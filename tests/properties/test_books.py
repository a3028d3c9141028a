"""Whatever is asked for, in whatever order: the books stay sound."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.context import reading
from kernel.crypto import fingerprint
from ledger.queries import (
    accounts,
    entries_of_account,
    trial_balance,
    trial_balance_rows,
    trial_balance_totals,
)
from tests.world import NOW, World
from wallets.choices import TransferKind
from wallets.models import Transfer, Wallet
from wallets.services.transfers import TransferOutcome, TransferRequest, execute_transfers
from wallets.services.wallets import freeze_wallet, suspend_wallet, unfreeze_wallet

pytestmark = pytest.mark.django_db

NAMES = ["alice", "acme", "charlie"]
OWNERS = {"alice": "alice", "acme": "alice", "charlie": "charlie"}

AMOUNTS = st.one_of(
    st.integers(-1, 50),
    st.integers(1, 2_00_000_00),
    st.sampled_from([0, 1_00_000_00, 1_00_000_01, 10_00_000_00, 2**53, 2**70]),
)


@dataclasses.dataclass(frozen=True)
class Wish:
    """One item somebody might ask for: any two wallets, any amount, perhaps an old key."""

    kind: TransferKind
    payer: str
    payee: str
    amount_minor: int
    currency: str
    key: int


WISHES = st.builds(
    Wish,
    kind=st.sampled_from(
        [*[TransferKind.TRANSFER] * 7, TransferKind.DEPOSIT, TransferKind.WITHDRAWAL]
    ),
    payer=st.sampled_from(NAMES),
    payee=st.sampled_from(NAMES),
    amount_minor=AMOUNTS,
    currency=st.sampled_from(["INR"] * 9 + ["USD"]),
    key=st.integers(1, 60),
)
BATCHES = st.lists(
    st.tuples(
        st.lists(WISHES, min_size=1, max_size=12),
        st.booleans(),
        st.sampled_from(["", "", "freeze", "unfreeze", "suspend"]),
        st.sampled_from(NAMES),
    ),
    min_size=1,
    max_size=4,
)
examples = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@examples
@given(batches=BATCHES)
def test_random_batches_keep_the_books_sound(world: World, batches: list) -> None:
    with undone(world) as moved:
        for wishes, all_or_nothing, act, whose in batches:
            with contextlib.suppress(Exception):
                _act(world, act, _wallet(world, whose))
            items = [_request(world, wish) for wish in wishes]
            outcomes = execute_transfers(items, all_or_nothing=all_or_nothing)

            assert len(outcomes) == len(items)
            assert_answers_are_whole(outcomes, all_or_nothing)
            moved += [o.transfer for o in outcomes if o.transfer and not o.replayed]
        assert_sound(world)
        assert_balances_follow(world, moved)


@examples
@given(wishes=st.lists(WISHES, min_size=1, max_size=10), all_or_nothing=st.booleans())
def test_the_same_batch_again_changes_nothing(
    world: World, wishes: list[Wish], all_or_nothing: bool
) -> None:
    with undone(world):
        items = [_request(world, wish) for wish in wishes]
        first = execute_transfers(items, all_or_nothing=all_or_nothing)
        before = _standing(world)
        again = execute_transfers(items, all_or_nothing=all_or_nothing)

        assert _standing(world) == before
        assert [_told(outcome) for outcome in again] == [_told(outcome) for outcome in first]


@examples
@given(wishes=st.lists(WISHES, min_size=1, max_size=10, unique_by=lambda wish: wish.key))
def test_one_by_one_comes_to_the_same_as_together(world: World, wishes: list[Wish]) -> None:
    with undone(world):
        items = [_request(world, wish) for wish in wishes]
        with undone(world):
            together = [_told(outcome, ids=False) for outcome in execute_transfers(items)]
            standing = _standing(world)
        singly = [_told(execute_transfers([item])[0], ids=False) for item in items]

        assert singly == together
        assert _standing(world) == standing


def assert_answers_are_whole(outcomes: list[TransferOutcome], all_or_nothing: bool) -> None:
    for outcome in outcomes:
        assert outcome.error or outcome.transfer
        if outcome.transfer:
            assert (outcome.transfer.state == "COMPLETED") == (outcome.error is None)
            code = outcome.error.code if outcome.error else ""
            assert outcome.transfer.reason_code == code
    fresh = [o for o in outcomes if not o.replayed]
    if all_or_nothing and any(o.error for o in outcomes):
        assert not [o for o in fresh if o.error is None]


def assert_sound(world: World) -> None:
    """Zero sums, balances that are the sums of their entries, positions that mirror."""
    with reading(world.actor(world.olga)):
        assert all(total.balanced for total in trial_balance_totals(trial_balance()))
        rows = trial_balance_rows(trial_balance())
        net = {row.account_id: row.debit_minor - row.credit_minor for row in rows}
        for account in accounts():
            sign = 1 if account.account_class == "ASSET" else -1
            assert account.floor_minor is None or account.posted_minor >= account.floor_minor
            assert account.ceiling_minor is None or account.posted_minor <= account.ceiling_minor
            chain = list(entries_of_account(account.id))
            debited = sum(e.amount_minor for e in chain if e.side == "DEBIT")
            credited = sum(e.amount_minor for e in chain if e.side == "CREDIT")
            assert account.posted_minor == sign * (debited - credited) == sign * net[account.id]
            assert [e.version for e in chain] == list(range(len(chain), 0, -1))
            assert account.version == len(chain)
            assert not chain or chain[0].balance_after_minor == account.posted_minor
        positions = [a.posted_minor for a in accounts().filter(kind="CLEARING")]
        assert len(positions) == 2
        assert sum(positions) == 0


def assert_balances_follow(world: World, moved: list[Transfer]) -> None:
    """Each wallet holds what it began with, plus what it received, less what it paid."""
    began = {"alice": 1_00_000_00, "acme": 5_00_000_00, "charlie": 50_000_00}
    for name, expected in began.items():
        wallet = _wallet(world, name)
        for transfer in moved:
            if transfer.state == "COMPLETED":
                expected += transfer.amount_minor * (transfer.destination_id == wallet.id)
                expected -= transfer.amount_minor * (transfer.source_id == wallet.id)
        assert world.balance(wallet) == expected


@contextlib.contextmanager
def undone(world: World) -> Iterator[list[Transfer]]:
    """What happens in the block is rolled back, so that each example begins alike."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]  # use cases may run inside
    with block:
        yield []
        transaction.set_rollback(True)


def _act(world: World, act: str, wallet: Wallet) -> None:
    steps = {"freeze": freeze_wallet, "unfreeze": unfreeze_wallet, "suspend": suspend_wallet}
    if act:
        steps[act](actor=world.actor(world.olga), wallet_id=wallet.id, reason="x", now=NOW)


def _wallet(world: World, name: str) -> Wallet:
    wallet = getattr(world, f"{name}_wallet")
    assert isinstance(wallet, Wallet)
    return wallet


def _request(world: World, wish: Wish) -> TransferRequest:
    cash = wish.kind is not TransferKind.TRANSFER
    who = world.olga if cash else getattr(world, OWNERS[wish.payer])
    asked = [str(value) for value in dataclasses.astuple(wish)]
    return TransferRequest(
        actor=world.actor(who),
        kind=wish.kind,
        source=None if wish.kind is TransferKind.DEPOSIT else _wallet(world, wish.payer).handle,
        destination=(
            None if wish.kind is TransferKind.WITHDRAWAL else _wallet(world, wish.payee).handle
        ),
        amount_minor=wish.amount_minor,
        currency=wish.currency,
        # As a bank would: a reference of its own for each movement that was asked for.
        external_reference=fingerprint(*asked).hex() if cash else None,
        reference=fingerprint(str(who.id), str(wish.key)),
        fingerprint=fingerprint(*asked),
        now=NOW,
    )


def _told(outcome: TransferOutcome, *, ids: bool = True) -> tuple[object, ...]:
    transfer = outcome.transfer
    return (
        outcome.error.code if outcome.error else None,
        transfer.state if transfer else None,
        transfer.id if transfer and ids else None,
    )


def _standing(world: World) -> object:
    with reading(world.actor(world.olga)):
        return (
            list(accounts().values_list("id", "posted_minor", "version")),
            Transfer.objects.count(),
        )
