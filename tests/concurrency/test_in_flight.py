"""What changes while a request waits for its locks is judged as it stands afterwards."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any

import pytest
from django.db import connection

from accounts.models import Organization, User
from accounts.services.organizations import suspend_organization
from events import services
from kernel.context import reading
from kernel.errors import VaultCraftError
from ledger.errors import CapBelowPosition
from ledger.queries import accounts
from ledger.services import clearing
from tests.concurrency.racing import (
    assert_books_are_sound,
    holding,
    race,
    start,
    until_not_busy,
    wait_for_waiters,
)
from tests.world import NOW, World
from wallets.models import Transfer, Wallet
from wallets.services.transfers import TransferOutcome
from wallets.services.wallets import close_wallet, freeze_wallet

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.mark.parametrize(
    ("status", "end", "code"),
    [
        ("FROZEN", "source", "source_wallet_frozen"),
        ("SUSPENDED", "source", "source_wallet_suspended"),
        ("SUSPENDED", "destination", "destination_wallet_suspended"),
    ],
)
def test_a_wallet_stopped_in_flight_is_caught_after_the_lock(
    world: World, status: str, end: str, code: str
) -> None:
    wallet = world.alice_wallet if end == "source" else world.charlie_wallet

    with holding(wallet.account_id):
        answer = start(world.send)
        wait_for_waiters(1)
        _set("status", status, wallet)
    outcome = answer.result(timeout=30)

    assert outcome.error is not None
    assert outcome.error.code == code
    assert outcome.transfer is not None
    assert outcome.transfer.state == "FAILED"
    _assert_nothing_moved(world)


@pytest.mark.parametrize("end", ["payer", "receiver"])
def test_an_organization_suspended_in_flight_is_caught_after_the_lock(
    world: World, end: str
) -> None:
    organization = world.acme if end == "payer" else world.globex

    with holding(world.alice_wallet.account_id):
        answer = start(world.send)
        wait_for_waiters(1)
        suspend = partial(suspend_organization, organization_id=organization.id, reason="raced")
        start(partial(suspend, actor=world.actor(world.olga), now=NOW)).result(timeout=30)
    outcome = answer.result(timeout=30)

    assert outcome.error is not None
    assert outcome.error.code == "organization_inactive"
    assert outcome.transfer is not None
    assert outcome.transfer.state == "FAILED"
    _assert_nothing_moved(world)


def test_a_wallet_frozen_in_flight_still_receives(world: World) -> None:
    with holding(world.charlie_wallet.account_id):
        answer = start(world.send)
        wait_for_waiters(1)
        _set("status", "FROZEN", world.charlie_wallet)
    outcome = answer.result(timeout=30)

    assert outcome.error is None
    assert world.balance(world.charlie_wallet) == 50_000_00 + 100_00


def test_freezing_waits_for_the_transfer_that_holds_the_lock(world: World) -> None:
    freeze = partial(
        freeze_wallet,
        actor=world.actor(world.alice),
        wallet_id=world.alice_wallet.id,
        reason="raced",
        now=NOW,
    )
    calls: list[partial] = [partial(world.send, amount_minor=1) for _ in range(10)]

    outcomes = race([*calls, freeze])[:-1]

    moved = sum(outcome.error is None for outcome in outcomes)
    codes = {outcome.error.code for outcome in outcomes if outcome.error}
    assert codes <= {"source_wallet_frozen"}
    assert world.balance(world.alice_wallet) == 1_00_000_00 - moved
    after = world.send(amount_minor=1)
    assert after.error is not None
    assert after.error.code == "source_wallet_frozen"
    assert_books_are_sound(world)


def test_money_that_arrives_in_flight_keeps_a_wallet_from_closing(world: World) -> None:
    world.send(destination=world.acme_wallet, amount_minor=1_00_000_00)
    close = partial(
        close_wallet,
        actor=world.actor(world.alice),
        wallet_id=world.alice_wallet.id,
        reason="raced",
        now=NOW,
    )
    pay_in = partial(
        world.send, source=world.acme_wallet, destination=world.alice_wallet, amount_minor=5
    )

    closed, paid = race([partial(_code_of, close), partial(_code_of, pay_in)])

    assert (closed, paid) in {(None, "destination_wallet_closed"), ("account_not_empty", None)}
    assert world.balance(world.alice_wallet) == (0 if paid else 5)
    assert_books_are_sound(world)


def test_a_cap_lowered_in_flight_is_caught_after_the_lock(world: World) -> None:
    with reading(world.actor(world.olga)):
        (ours,) = accounts().filter(kind="CLEARING", organization=world.acme)

    with holding(ours.id):
        answer = start(partial(world.send, amount_minor=100_01))
        wait_for_waiters(1)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE ledger_clearingcap SET cap_minor = 10000 WHERE organization_id = %s",
                [world.acme.id],
            )
    outcome = answer.result(timeout=30)

    assert outcome.error is not None
    assert outcome.error.code == "clearing_cap_exceeded"
    _assert_nothing_moved(world)


def test_cap_changes_raced_with_transfers_are_never_passed(world: World) -> None:
    def set_cap(cap_minor: int) -> str:
        try:
            clearing.set_clearing_cap(
                actor=world.actor(world.alice),
                organization_id=world.acme.id,
                counterparty_id=world.globex.id,
                currency="INR",
                cap_minor=cap_minor,
                now=NOW,
            )
        except CapBelowPosition as error:
            return error.code
        return "set"

    def send() -> str:
        outcome = world.send(amount_minor=100_00)
        return outcome.error.code if outcome.error else "moved"

    sends: list[partial] = [partial(until_not_busy, send) for _ in range(16)]
    caps = [partial(until_not_busy, partial(set_cap, n * 100_00)) for n in (12, 9, 6, 3)]
    answers = race([*sends, *caps])

    moved = answers.count("moved")
    assert set(answers) <= {"moved", "clearing_cap_exceeded", "set", "cap_below_position"}
    assert world.balance(world.alice_wallet) == 1_00_000_00 - moved * 100_00
    with reading(world.actor(world.olga)):
        ours = accounts().get(kind="CLEARING", organization=world.acme)
    assert ours.posted_minor == moved * 100_00
    assert ours.ceiling_minor is not None
    assert ours.posted_minor <= ours.ceiling_minor
    assert_books_are_sound(world)


def test_both_sides_state_their_first_cap_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither has a clearing account in dollars yet, so there is no row to wait for."""
    ours = partial(_state_cap, world, world.alice, world.acme, world.globex, 500_00)
    theirs = partial(_state_cap, world, world.charlie, world.globex, world.acme, 300_00)
    answers: list[Future[None]] = []
    real = services.emit

    def meanwhile(**event: Any) -> None:
        real(**event)
        if not answers:
            answers.append(start(theirs))
            wait_for_waiters(1, unless=answers[0].done)

    monkeypatch.setattr(clearing, "emit", meanwhile)
    ours()
    answers[0].result(timeout=30)

    with reading(world.actor(world.olga)):
        found = accounts().filter(kind="CLEARING", currency="USD")
        assert [account.ceiling_minor for account in found] == [300_00, 300_00]


def _state_cap(
    world: World, who: User, here: Organization, there: Organization, cap_minor: int
) -> None:
    clearing.set_clearing_cap(
        actor=world.actor(who),
        organization_id=here.id,
        counterparty_id=there.id,
        currency="USD",
        cap_minor=cap_minor,
        now=NOW,
    )


def _code_of(call: Callable[[], TransferOutcome | Wallet]) -> str | None:
    """The code of the refusal, raised or returned; None if all went well."""
    try:
        answer = call()
    except VaultCraftError as error:
        return error.code
    refusal = answer.error if isinstance(answer, TransferOutcome) else None
    return refusal.code if refusal else None


def _set(column: str, value: str, wallet: Wallet) -> None:
    """As part of the transaction that holds the account."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE ledger_ledgeraccount SET {column} = %s WHERE id = %s",
            [value, wallet.account_id],
        )


def _assert_nothing_moved(world: World) -> None:
    assert world.balance(world.alice_wallet) == 1_00_000_00
    assert world.balance(world.charlie_wallet) == 50_000_00
    with reading(world.actor(world.olga)):
        assert not Transfer.objects.filter(kind="transfer", state="COMPLETED").exists()
    assert_books_are_sound(world)
