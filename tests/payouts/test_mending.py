"""The way out of a payout that is stuck: two people of the staff, and nobody else."""

from __future__ import annotations

import pytest

from accounts.errors import OwnPendingAct
from accounts.models import PendingAct, User
from accounts.services.pending_acts import agree
from accounts.tests.builders import staff
from kernel.errors import PermissionDenied
from tests.payouts.scenes import (
    AMOUNT,
    START,
    Clock,
    ask,
    money_of,
    saga_of,
    scripted,
    seen,
    work,
)
from tests.world import NOW, World
from wallets.errors import PayoutNotStuck, RemedyUnknown
from wallets.models import Transfer
from wallets.services.payouts.mending import ask_to_mend

pytestmark = pytest.mark.django_db


@pytest.fixture
def omar(world: World) -> User:
    return staff(name="omar")


def stuck(world: World, book) -> Transfer:
    """A payout of which nobody answers what became of it; then the rail is up again."""
    book.faults = {name: ["fail_before"] * 1_000 for name in ("submit", "status", "cancel")}
    outcome = ask(world)
    work(Clock())
    assert saga_of(outcome.transfer).state == "STUCK"
    book.faults = {name: [] for name in book.faults}
    return seen(outcome.transfer)


def mend(
    world: World, transfer: Transfer, remedy: str, *, reason: str = "statement 7"
) -> PendingAct:
    return ask_to_mend(
        actor=world.signed_in(world.olga),
        saga_id=saga_of(transfer).id,
        remedy=remedy,
        reason=reason,
        now=NOW,
    )


def consent(world: World, person: User, act: PendingAct) -> PendingAct:
    return agree(actor=world.signed_in(person), act_id=act.id, now=NOW)


def test_two_have_it_tried_again(world: World, settings, omar: User) -> None:
    with scripted(settings) as book:
        transfer = stuck(world, book)
        consent(world, omar, mend(world, transfer, "again"))
        assert saga_of(transfer).state == "COMPENSATING"
        work(Clock())
        assert saga_of(transfer).state == "COMPENSATED"
        assert money_of(world.alice_wallet) == (START, 0)
        assert book.calls[-1] == "cancel"


def test_nobody_does_it_alone_and_no_tenant_at_all(world: World, settings, omar: User) -> None:
    with scripted(settings) as book:
        transfer = stuck(world, book)
        act = mend(world, transfer, "paid")
        with pytest.raises(OwnPendingAct):
            consent(world, world.olga, act)
        saga_id = saga_of(transfer).id
        for person in (world.alice, world.charlie, staff(name="mod", platform_role="moderator")):
            with pytest.raises(PermissionDenied):
                ask_to_mend(
                    actor=world.signed_in(person),
                    saga_id=saga_id,
                    remedy="failed",
                    reason="mine",
                    now=NOW,
                )
        assert money_of(world.alice_wallet) == (START, AMOUNT)


def test_what_is_not_stuck_is_not_decided(world: World, settings, omar: User) -> None:
    with scripted(settings):
        going = ask(world)
        with pytest.raises(PayoutNotStuck):
            mend(world, seen(going.transfer), "failed")
        work(Clock())
        with pytest.raises(PayoutNotStuck):
            mend(world, seen(going.transfer), "paid")


def test_a_remedy_has_a_name_and_a_reason(world: World, settings) -> None:
    with scripted(settings) as book:
        transfer = stuck(world, book)
        for remedy, reason in (("forget", "because"), ("paid", " "), ("paid", "x" * 201)):
            with pytest.raises(RemedyUnknown):
                mend(world, transfer, remedy, reason=reason)


def test_of_two_decisions_one_counts(world: World, settings, omar: User) -> None:
    with scripted(settings) as book:
        transfer = stuck(world, book)
        paid, failed = mend(world, transfer, "paid"), mend(world, transfer, "failed")
        assert consent(world, omar, paid).state == "agreed"
        late = consent(world, omar, failed)
        assert (late.state, late.reason_code) == ("failed", "payout_not_stuck")
        assert money_of(world.alice_wallet) == (START - AMOUNT, 0)


def test_a_decision_about_another_standing_is_none(world: World, settings, omar: User) -> None:
    """It went on meanwhile and is stuck again: who decided had seen something else."""
    with scripted(settings) as book:
        transfer = stuck(world, book)
        old = mend(world, transfer, "failed")
        consent(world, omar, mend(world, transfer, "again"))
        book.faults = {"cancel": ["fail_before"] * 1_000}
        book.faults |= {"status": [], "submit": []}
        work(Clock())
        assert saga_of(transfer).state == "STUCK"
        late = consent(world, omar, old)
        assert (late.state, late.reason_code) == ("failed", "changed_meanwhile")
        assert money_of(world.alice_wallet) == (START, AMOUNT)
