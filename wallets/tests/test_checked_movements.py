"""Movements beyond payments that take a second person, and what stands on them afterwards."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from typing import Any

import pytest

from accounts.errors import OwnPendingAct
from accounts.models import PendingAct, User
from accounts.permissions import PERMISSIONS
from accounts.services.pending_acts import agree
from accounts.services.staff import create_staff
from accounts.services.system_settings import set_setting
from accounts.system import STAFF_DUAL_CONTROL
from audit.models import AuditRecord
from kernel.actor import Door, system
from kernel.context import reading
from kernel.crypto import fingerprint
from kernel.errors import PermissionDenied
from tests.approving import approval_of, asking, presenting, with_pin
from tests.database import refuses, view
from tests.world import NOW, PASSWORD, World, colleague, takes_two
from wallets.choices import TransferKind, TransferState
from wallets.models import Transfer
from wallets.services.cash import cash_request, deposit, withdraw
from wallets.services.references import reference_of
from wallets.services.reversals import reverse_transfer
from wallets.services.thresholds import set_dual_control_threshold
from wallets.services.transfers import TransferOutcome, execute_transfers, rehearse_transfers

pytestmark = pytest.mark.django_db

LATER = NOW + dt.timedelta(hours=1)
ALICE = 1_00_000_00

_numbers = itertools.count(1)


@pytest.fixture
def fay(world: World) -> User:
    """Finance of Acme, where more than 1,000 rupees take a second person."""
    found = colleague(world, "fay", "finance")
    takes_two(world)
    set_dual_control_threshold(
        actor=world.signed_in(world.alice), currency="INR", threshold_minor=1_000_00, now=NOW
    )
    return found


@pytest.fixture
def omar(world: World) -> User:
    """Another super admin; acts of the staff take a second person from now on."""
    found = create_staff(
        actor=system(door=Door.COMMAND, request_id="test"),
        email="omar@platform.test",
        full_name="Omar",
        platform_role="super_admin",
        password=PASSWORD,
        now=NOW,
    )
    actor = world.signed_in(world.olga)
    set_setting(actor=actor, name=STAFF_DUAL_CONTROL, value=True, now=NOW)
    return found


def waits(outcome: TransferOutcome) -> PendingAct:
    assert outcome.pending_act is not None
    assert outcome.transfer is None
    assert outcome.error is None
    return outcome.pending_act


def moved(world: World, act: PendingAct) -> Transfer:
    with reading(world.signed_in(world.olga)):
        return Transfer.objects.get(reference=bytes(act.reference))


def asked(world: World, amount_minor: int, *, utr: str = "") -> dict[str, Any]:
    number = next(_numbers)
    actor = world.signed_in(world.olga)
    return {
        "actor": actor,
        "wallet": world.alice_wallet.handle,
        "amount_minor": amount_minor,
        "currency": "INR",
        "external_reference": utr or f"CASH{number}",
        "reference": reference_of(actor=actor, route="cash", key=str(number)),
        "fingerprint": fingerprint(str(amount_minor)),
        "now": NOW,
    }


@pytest.mark.parametrize(("move", "sign"), [(deposit, 1), (withdraw, -1)])
def test_cash_by_staff_waits_for_another_of_them(world: World, omar: User, move, sign) -> None:
    day = NOW - dt.timedelta(days=1)
    wanted = asked(world, 7)
    act = waits(move(**wanted, effective_at=day))
    assert waits(move(**wanted, effective_at=day)).id == act.id
    assert (act.organization_id, world.balance(world.alice_wallet)) == (None, ALICE)
    with pytest.raises(OwnPendingAct):
        agree(actor=world.signed_in(world.olga), act_id=act.id, now=LATER)

    done = agree(actor=world.signed_in(omar), act_id=act.id, now=LATER)

    assert done.state == "agreed"
    assert world.balance(world.alice_wallet) == ALICE + sign * 7
    transfer = moved(world, act)
    assert (transfer.pending_act_id, transfer.checker_id) == (act.id, omar.id)
    assert (transfer.external_reference, transfer.effective_at) == (
        wanted["external_reference"],
        day,
    )


def test_a_bank_reference_that_was_taken_meanwhile_fails(world: World, omar: User) -> None:
    first, second = (waits(deposit(**asked(world, 5, utr="ONE"))) for _ in range(2))
    assert agree(actor=world.signed_in(omar), act_id=first.id, now=LATER).state == "agreed"
    failed = agree(actor=world.signed_in(omar), act_id=second.id, now=LATER)
    assert (failed.state, failed.reason_code) == ("failed", "external_reference_used")
    assert world.balance(world.alice_wallet) == ALICE + 5


def test_a_rehearsal_foretells_it(world: World, omar: User) -> None:
    wanted = asked(world, 7)
    (told,) = rehearse_transfers([cash_request(kind=TransferKind.DEPOSIT, **wanted)])
    assert told.error is not None
    assert told.error.code == "dual_control_required"


def given_back(world: World, user: User, transfer: Transfer) -> TransferOutcome:
    actor = world.signed_in(user)
    return reverse_transfer(
        actor=actor,
        transfer_id=transfer.id,
        amount_minor=None,
        reference=reference_of(actor=actor, route="back", key=str(next(_numbers))),
        fingerprint=fingerprint("back"),
        now=NOW,
    )


def received(world: World, amount_minor: int) -> Transfer:
    outcome = world.send(
        sender=world.charlie,
        source=world.charlie_wallet,
        destination=world.alice_wallet,
        amount_minor=amount_minor,
    )
    assert outcome.transfer is not None
    return outcome.transfer


def test_what_staff_give_back_waits_for_another_of_them(world: World, omar: User) -> None:
    paid = received(world, 10_00)
    act = waits(given_back(world, world.olga, paid))
    assert agree(actor=world.signed_in(omar), act_id=act.id, now=LATER).state == "agreed"
    assert moved(world, act).reverses_id == paid.id
    assert world.balance(world.alice_wallet) == ALICE


@pytest.mark.parametrize(
    ("kind", "takes", "not_this"),
    [
        ("wallets.adjustment", "cash.move", "transfers.reverse"),
        ("wallets.reversal", "transfers.reverse", "cash.move"),
    ],
)
def test_each_movement_is_judged_by_its_own_permission(
    world: World, omar: User, monkeypatch, kind: str, takes: str, not_this: str
) -> None:
    """Both are carried by the same people today; whoever divides them must divide these, too."""

    if kind == "wallets.adjustment":
        act = waits(deposit(**asked(world, 7)))
    else:
        act = waits(given_back(world, world.olga, received(world, 5)))
    assert act.kind == kind

    def agreed_without(permission: str) -> PendingAct:
        row = dataclasses.replace(PERMISSIONS[permission], platform=frozenset())
        with monkeypatch.context() as changed:
            changed.setitem(PERMISSIONS, permission, row)
            return agree(actor=world.actor(omar), act_id=act.id, now=LATER)

    with pytest.raises(PermissionDenied):
        agreed_without(takes)
    assert agreed_without(not_this).state == "agreed"


def test_giving_back_counts_like_paying(world: World, fay: User) -> None:
    small, large = received(world, 600_00), received(world, 600_00)
    assert given_back(world, fay, small).transfer is not None
    act = waits(given_back(world, fay, large))
    assert world.balance(world.alice_wallet) == ALICE + 600_00

    other = world.alice
    failed_or_done = agree(actor=world.signed_in(other), act_id=act.id, now=LATER)

    assert failed_or_done.state == "agreed"
    assert world.balance(world.alice_wallet) == ALICE
    assert moved(world, act).state == TransferState.COMPLETED


def test_a_checked_payment_keeps_its_approval_and_its_checker(world: World, fay: User) -> None:
    asking(world)
    alice = with_pin(world, world.alice)
    request = dataclasses.replace(world.request(amount_minor=3_000_00), actor=alice)
    approval = approval_of(request)
    act = waits(execute_transfers([presenting(request, approval)])[0])

    agree(actor=world.signed_in(fay), act_id=act.id, now=LATER)

    transfer = moved(world, act)
    assert (transfer.approval_method, transfer.approval_id) == ("pin", approval.id)
    assert (transfer.pending_act_id, transfer.checker_id) == (act.id, fay.id)
    assert transfer.checker_display == fay.full_name
    with reading(world.signed_in(world.alice)):
        record = AuditRecord.objects.get(action="wallets.transfer.complete", subject_id=transfer.id)
    told = {name: record.metadata[name] for name in ("approval_id", "pending_act_id", "checker_id")}
    assert told == {
        "approval_id": str(approval.id),
        "pending_act_id": str(act.id),
        "checker_id": str(fay.id),
    }


def test_the_database_refuses_a_consent_that_is_none(world: World, fay: User) -> None:
    outcome = world.send(amount_minor=1_00)
    assert outcome.transfer is not None
    act = waits(world.send(amount_minor=2_000_00))
    view(world.acme)
    names = [str(field.column) for field in Transfer._meta.concrete_fields]
    changed = {
        "id": "gen_random_uuid()",
        "reference": "sha256('x')",
        "pending_act_id": f"'{act.id}'::uuid",
        "checker_id": f"'{fay.id}'::uuid",
    }
    values = ", ".join(changed.get(name, name) for name in names)
    refuses(
        "transfer_pending_act",
        f"INSERT INTO wallets_transfer ({', '.join(names)}) SELECT {values}"
        " FROM wallets_transfer WHERE id = %s",
        outcome.transfer.id,
    )
