"""Payments above the threshold: one person asks, another agrees, money moves once."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from accounts.choices import Exemption, KeyScope
from accounts.errors import OwnPendingAct, PendingActNotFound, RolesComeFirst
from accounts.models import ApiKey, PendingAct, User
from accounts.policy import exemptions_of
from accounts.services import api_keys
from accounts.services.api_keys import IssuedKey, revoke
from accounts.services.pending_acts import agree, reject
from accounts.services.people import change_role, remove_member
from kernel.actor import Actor, ActorKind, Door
from kernel.context import reading
from kernel.errors import PermissionDenied
from tests.database import statements, work
from tests.world import NOW, World, colleague, takes_two
from wallets.choices import TransferState, WalletKind
from wallets.models import DualControlThreshold, Transfer, UncheckedSum
from wallets.services.holds import place_hold
from wallets.services.thresholds import set_dual_control_threshold
from wallets.services.transfers import TransferOutcome, execute_transfers, rehearse_transfers
from wallets.services.wallets import open_wallet
from wallets.tests.people import cash
from wallets.tests.people import key_of as cash_key
from wallets.tests.test_holds import captured, wanted

pytestmark = pytest.mark.django_db

LATER = NOW + dt.timedelta(hours=2)
ALICE, ACME = 1_00_000_00, 5_00_000_00


def threshold(
    world: World, minor: int | None, *, counts_keys: bool = True
) -> DualControlThreshold | PendingAct:
    return set_dual_control_threshold(
        actor=world.signed_in(world.alice),
        currency="INR",
        threshold_minor=minor,
        counts_keys=counts_keys,
        now=NOW,
    )


@pytest.fixture
def fay(world: World) -> User:
    """Finance of Acme; more than 1,000 rupees in 24 hours take a second person from now on."""
    found = colleague(world, "fay", "finance")
    takes_two(world)
    threshold(world, 1_000_00)
    return found


def waits(outcome: TransferOutcome) -> PendingAct:
    assert outcome.pending_act is not None
    assert outcome.transfer is None
    assert outcome.error is None
    return outcome.pending_act


def passes(outcome: TransferOutcome) -> None:
    assert outcome.transfer is not None
    assert outcome.transfer.state == TransferState.COMPLETED


def agreed(world: World, checker: User, act: PendingAct, now: dt.datetime = LATER) -> PendingAct:
    return agree(actor=world.signed_in(checker), act_id=act.id, now=now)


def test_a_large_payment_waits_and_moves_once_a_second_person_agreed(
    world: World, fay: User
) -> None:
    act = waits(world.send(amount_minor=1_000_01))
    assert world.balance(world.alice_wallet) == ALICE
    assert (act.state, act.amount_minor, act.currency) == ("pending", 1_000_01, "INR")

    done = agreed(world, fay, act)

    assert done.state == "agreed"
    assert world.balance(world.alice_wallet) == ALICE - 1_000_01
    with reading(world.signed_in(world.alice)):
        transfer = Transfer.objects.get(reference=bytes(act.reference))
    assert transfer.id == done.result_id
    assert transfer.state == TransferState.COMPLETED
    assert transfer.actor_id == world.alice.id
    assert bytes(transfer.reference) == bytes(act.reference)


def test_what_reaches_the_threshold_passes(world: World, fay: User) -> None:
    passes(world.send(amount_minor=1_000_00))
    waits(world.send(amount_minor=1))


def test_a_split_payment_waits_at_the_part_that_passes_the_threshold(
    world: World, fay: User
) -> None:
    items = [world.request(amount_minor=400_00) for _ in range(3)]
    first, second, third = execute_transfers(items)
    passes(first)
    passes(second)
    waits(third)
    passes(world.send(amount_minor=200_00))
    assert world.balance(world.alice_wallet) == ALICE - 1_000_00


def test_nor_does_another_wallet_help(world: World, fay: User) -> None:
    """Alice's sum counts over her own wallet and Acme's; Acme's wallet counts over its people."""
    passes(world.send(amount_minor=600_00))
    waits(world.send(source=world.acme_wallet, amount_minor=600_00))
    passes(world.send(source=world.acme_wallet, amount_minor=400_00))
    waits(world.send(sender=fay, source=world.acme_wallet, amount_minor=600_01))
    passes(world.send(sender=fay, source=world.acme_wallet, amount_minor=600_00))


def test_nor_does_a_key_of_ones_own(world: World, fay: User) -> None:
    passes(world.send(amount_minor=600_00))
    program = key_of(world, world.alice)
    act = waits(paid_by(world, program, 600_00))
    assert act.maker_person_id == world.alice.id
    with pytest.raises(OwnPendingAct):
        agreed(world, world.alice, act)
    assert agreed(world, fay, act).state == "agreed"


def test_keys_may_be_left_out_with_a_second_persons_consent(world: World, fay: User) -> None:
    act = threshold(world, 1_000_00, counts_keys=False)
    assert isinstance(act, PendingAct)
    waits(paid_by(world, key_of(world, world.alice), 2_000_00))
    agreed(world, fay, act)
    passes(paid_by(world, key_of(world, world.alice), 2_000_00))
    waits(world.send(amount_minor=2_000_00))


def test_cash_recorded_by_a_key_is_not_counted_and_spends_nobody_s_sum(world: World) -> None:
    """It has left the bank already: the books follow. Decision 53; the key says so itself.

    It was issued before officers took two: since then it would take two of the staff.
    """
    cashier = cash_key(world, "cash:write", by=world.olga)
    takes_two(world)
    threshold(world, 1_000_00)
    outcome = cash(world, "withdraw", world.alice_wallet, 5_000_00, actor=cashier)
    assert outcome.transfer is not None
    assert outcome.transfer.state == TransferState.COMPLETED
    with reading(world.actor(world.alice)):
        assert not UncheckedSum.objects.exists()
    assert exemptions_of(["cash:write", "transfers:read"]) == [Exemption.DUAL_CONTROL]
    assert exemptions_of(["transfers:write", "wallets:debit-any"]) == [Exemption.APPROVALS]
    assert exemptions_of(["transfers:read", "wallets:write", "ledger:read"]) == []


def adam_of(world: World) -> User:
    """An admin of Acme, who gave nobody a role lately."""
    with reading(world.actor(world.olga)):
        return User.objects.get(full_name="Adam")


def key_of(world: World, issuer: User) -> Actor:
    wanted_key = {
        "actor": world.signed_in(issuer),
        "name": "Server",
        "scopes": [KeyScope.TRANSFERS_WRITE],
    }
    permit = api_keys.issue(**wanted_key, now=NOW)  # type: ignore[arg-type]
    assert isinstance(permit, PendingAct)
    assert agreed(world, adam_of(world), permit, now=NOW).state == "agreed"
    issued = api_keys.issue(**wanted_key, now=NOW)  # type: ignore[arg-type]
    assert isinstance(issued, IssuedKey)
    key, _ = issued
    return Actor(
        kind=ActorKind.API_KEY,
        door=Door.API,
        request_id="key",
        id=key.id,
        organization_id=key.organization_id,
        scopes=frozenset(key.scopes),
    )


def paid_by(world: World, actor: Actor, amount_minor: int) -> TransferOutcome:
    item = world.request(source=world.acme_wallet, amount_minor=amount_minor)
    return execute_transfers([dataclasses.replace(item, actor=actor)])[0]


def test_a_key_that_was_revoked_asks_in_vain(world: World, fay: User) -> None:
    program = key_of(world, world.alice)
    act = waits(paid_by(world, program, 2_000_00))
    assert program.id is not None
    revoke(actor=world.signed_in(world.alice), api_key_id=program.id, now=NOW)
    failed = agreed(world, fay, act)
    assert (failed.state, failed.reason_code) == ("failed", "maker_may_no_longer")
    assert world.balance(world.acme_wallet) == ACME


def test_a_capture_counts_and_waits_as_well(world: World, fay: User) -> None:
    hold = place_hold(wanted(world, amount_minor=2_000_00))
    act = waits(captured(world, hold))
    assert world.balance(world.alice_wallet) == ALICE

    assert agreed(world, fay, act, now=NOW + dt.timedelta(minutes=5)).state == "agreed"
    assert world.balance(world.alice_wallet) == ALICE - 2_000_00


def test_the_window_lasts_a_day_and_not_less(world: World, fay: User) -> None:
    def at(hours: float, amount_minor: int) -> TransferOutcome:
        item = world.request(amount_minor=amount_minor)
        now = NOW + dt.timedelta(hours=hours)
        return execute_transfers([dataclasses.replace(item, now=now)])[0]

    passes(at(0.9, 1_000_00))
    waits(at(24.8, 1))
    passes(at(25, 1_000_00))
    waits(at(26, 1))


def test_what_was_agreed_to_does_not_count(world: World, fay: User) -> None:
    agreed(world, fay, waits(world.send(amount_minor=5_000_00)), now=NOW)
    passes(world.send(amount_minor=1_000_00))


def test_between_wallets_of_one_holder_nothing_is_paid(world: World, fay: User) -> None:
    savings = open_wallet(
        actor=world.signed_in(world.alice),
        owner_id=world.alice.id,
        kind=WalletKind.SAVINGS,
        currency="INR",
        now=NOW,
    )
    passes(world.send(destination=savings, amount_minor=50_000_00))


def test_the_same_request_waits_once_and_learns_what_came_of_it(world: World, fay: User) -> None:
    item = world.request(amount_minor=2_000_00)
    act = waits(execute_transfers([item])[0])
    assert waits(execute_transfers([item])[0]).id == act.id
    agreed(world, fay, act)
    replayed = execute_transfers([item])[0]
    passes(replayed)
    assert replayed.replayed
    assert world.balance(world.alice_wallet) == ALICE - 2_000_00


def test_what_the_books_refuse_then_is_kept(world: World, fay: User) -> None:
    act = waits(world.send(amount_minor=ALICE - 500_00))
    passes(world.send(amount_minor=600_00))

    failed = agreed(world, fay, act)

    assert (failed.state, failed.reason_code) == ("failed", "insufficient_funds")
    with reading(world.signed_in(world.alice)):
        transfer = Transfer.objects.get(reference=bytes(act.reference))
    assert (transfer.id, transfer.state) == (failed.result_id, TransferState.FAILED)
    assert world.balance(world.alice_wallet) == ALICE - 600_00


def test_what_the_books_refuse_now_does_not_wait(world: World, fay: User) -> None:
    outcome = world.send(amount_minor=ALICE + 1)
    assert outcome.error is not None
    assert outcome.error.code == "insufficient_funds"


def test_who_may_not_pay_any_more_asks_in_vain(world: World, fay: User) -> None:
    act = waits(world.send(sender=fay, source=world.acme_wallet, amount_minor=2_000_00))
    other = waits(world.send(sender=fay, source=world.acme_wallet, amount_minor=3_000_00))
    adam = adam_of(world)
    demotion = change_role(
        actor=world.signed_in(world.alice), user_id=fay.id, role="member", now=NOW
    )
    assert isinstance(demotion, PendingAct)
    assert agreed(world, adam, demotion, now=NOW).state == "agreed"
    failed = agreed(world, adam, act)
    assert failed.reason_code == "source_wallet_not_found"  # members do not pay from it
    remove_member(actor=world.signed_in(world.alice), user_id=fay.id, now=NOW)
    assert agreed(world, adam, other).reason_code == "maker_may_no_longer"
    assert world.balance(world.acme_wallet) == ACME


def test_members_viewers_staff_and_strangers_do_not_agree(world: World, fay: User) -> None:
    act = waits(world.send(amount_minor=2_000_00))
    member = colleague(world, "mia", "member")
    with pytest.raises(PendingActNotFound):
        agreed(world, member, act)
    for no_checker in (world.bob, world.olga):
        with pytest.raises(PermissionDenied):
            agreed(world, no_checker, act)
    with pytest.raises(PendingActNotFound):
        agreed(world, world.charlie, act)
    with pytest.raises(PendingActNotFound):
        reject(actor=world.signed_in(world.charlie), act_id=act.id, now=LATER)
    assert world.balance(world.alice_wallet) == ALICE


def test_a_whole_batch_does_not_wait(world: World, fay: User) -> None:
    items = [world.request(amount_minor=10_00), world.request(amount_minor=2_000_00)]
    small, large = execute_transfers(items, all_or_nothing=True)
    assert [one.error and one.error.code for one in (small, large)] == [
        "batch_withheld",
        "dual_control_required",
    ]
    assert world.balance(world.alice_wallet) == ALICE


def test_a_rehearsal_foretells_it(world: World, fay: User) -> None:
    (told,) = rehearse_transfers([world.request(amount_minor=1_000_01)])
    assert told.error is not None
    assert told.error.code == "dual_control_required"
    (fine,) = rehearse_transfers([world.request(amount_minor=1_000_00)])
    assert fine.error is None


def test_a_higher_threshold_takes_a_second_person_and_a_lower_one_does_not(
    world: World, fay: User
) -> None:
    act = threshold(world, None)
    assert isinstance(act, PendingAct)
    assert isinstance(threshold(world, 500_00), DualControlThreshold)
    waits(world.send(amount_minor=500_01))
    stale = agreed(world, fay, act)  # it would have replaced another threshold
    assert stale.reason_code == "changed_meanwhile"
    anew = threshold(world, None)
    assert isinstance(anew, PendingAct)
    agreed(world, fay, anew)
    passes(world.send(amount_minor=50_000_00))


def test_a_sole_officer_is_not_locked_out(world: World) -> None:
    with pytest.raises(RolesComeFirst):
        threshold(world, 1_000_00)
    passes(world.send(amount_minor=50_000_00))


def test_without_a_threshold_nothing_is_paid_for_it(world: World) -> None:
    world.send()
    with statements() as before:
        world.send()
    assert not [one for one in before.captured_queries if "unchecked" in one["sql"]]
    assert not [one for one in before.captured_queries if "pendingact" in one["sql"]]
    with reading(world.signed_in(world.alice)):
        assert not UncheckedSum.objects.exists()


def test_the_statements_are_the_same_for_one_and_for_many(world: World, fay: User) -> None:
    world.send()
    with statements() as one:
        world.send(amount_minor=1)
    with statements() as many:
        execute_transfers([world.request(amount_minor=1) for _ in range(20)])
    assert len(work(one)) == len(work(many))
    world.send(amount_minor=2_000_00)
    with statements() as one:
        world.send(amount_minor=2_000_00)
    with statements() as many:
        execute_transfers([world.request(amount_minor=2_000_00) for _ in range(20)])
    assert len(work(one)) == len(work(many))
    with reading(world.signed_in(world.alice)):
        assert PendingAct.objects.count() == 22
        assert ApiKey.objects.exists()
