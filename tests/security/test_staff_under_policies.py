"""Staff who act on an organization meet its own dual control, also while theirs is switched off."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from django.db import DatabaseError, transaction

from accounts.models import ApiKey, Organization, PendingAct, User
from accounts.services.erasing import shred_person
from accounts.services.people import remove_member
from accounts.tests.builders import staff
from kernel import clock
from kernel.context import Context, Scope, entered
from kernel.crypto import fingerprint, hash_token
from kernel.ids import encode
from ledger.choices import Side
from ledger.services.clearing import set_clearing_cap
from ledger.services.journals import JournalOutcome, ReversalOrder, post_journal, reverse_journal
from ledger.tests.test_journals import Desk
from tests.api.conftest import Caller, token_of
from tests.database import all_seeing
from tests.security.test_one_alone import keys
from tests.web.conftest import Visit, visit  # noqa: F401 - a fixture
from tests.world import NOW, World, colleague
from tests.world import takes_two as roles_take_two
from wallets.choices import TransferKind, WalletKind
from wallets.services.cash import cash_request, deposit, withdraw
from wallets.services.references import reference_of
from wallets.services.reversals import reverse_transfer
from wallets.services.terms import set_fee_schedule, set_limit_rule, withdraw_limit_rule
from wallets.services.thresholds import set_dual_control_threshold
from wallets.services.transfers import TransferOutcome, rehearse_transfers

pytestmark = pytest.mark.django_db

_numbers = itertools.count(1)


def takes_two(world: World, *, journals: bool = False, terms: bool = False) -> None:
    """In Acme, where others than Alice could agree; of the staff one acts alone."""
    colleague(world, "fay", "finance")
    roles_take_two(world, journals=journals, terms=terms)


def asked(world: World, home: Organization, *scopes: str) -> int:
    """The status of what one of the staff gets who issues a key of the organization."""
    ada = staff("admin", f"ada{next(_numbers)}")
    wanted = {"name": "Mine", "scopes": list(scopes), "organization": encode("org", home.id)}
    return Caller(token_of(world, ada)).post("/api-keys", wanted).status


@pytest.mark.parametrize(
    "scope", ["cash:write", "wallets:debit-any", "transfers:write", "wallets:write"]
)
def test_no_key_where_officers_take_two(world: World, scope: str) -> None:
    takes_two(world)
    before = keys()
    assert (asked(world, world.acme, scope), keys()) == (202, before)
    assert asked(world, world.acme, "wallets:read") == 201
    assert asked(world, world.globex, scope) == 201


def test_another_of_the_staff_agrees_to_it(world: World) -> None:
    takes_two(world)
    ada, omar = (
        Caller(token_of(world, one)) for one in (staff("admin", "ada"), staff(name="omar"))
    )
    wanted = {"name": "M", "scopes": ["cash:write"], "organization": encode("org", world.acme.id)}
    act = ada.post("/api-keys", wanted).data["pending_act"]["id"]
    assert ada.post(f"/pending-acts/{act}/agree", {}).code == "own_pending_act"
    assert omar.post(f"/pending-acts/{act}/agree", {}).data["state"] == "agreed"
    assert ada.post("/api-keys", wanted).status == 201


def test_the_database_asks_the_organization_too(world: World) -> None:
    def write(home: Organization, scope: str) -> None:
        ApiKey(
            organization=home,
            name="Mine",
            prefix="vck_test_x",
            secret_hash=hash_token(f"{home.id} {scope}"),
            scopes=[scope],
            created_by=world.olga,
            created_at=NOW,
        ).save(force_insert=True)

    takes_two(world)
    with entered(Context(scope=Scope.PLATFORM)):
        for scope in ("cash:write", "transfers:write", "wallets:debit-any", "wallets:write"):
            with pytest.raises(DatabaseError, match="takes a second person"), transaction.atomic():
                write(world.acme, scope)
            write(world.globex, scope)
        write(world.acme, "wallets:read")


def waits(done: object) -> bool:
    return isinstance(done, PendingAct)


def fees(world: World, home: Organization) -> object:
    return set_fee_schedule(
        actor=world.signed_in(world.olga),
        organization_id=home.id,
        kind=TransferKind.TRANSFER,
        currency="INR",
        fixed_minor=1,
        bps=0,
        floor_minor=0,
        ceiling_minor=None,
        now=NOW,
    )


def limits(world: World, home: Organization) -> object:
    return set_limit_rule(
        actor=world.signed_in(world.olga),
        organization_id=home.id,
        wallet_kind=WalletKind.CURRENT,
        currency="INR",
        day_minor=1,
        month_minor=1,
        now=NOW,
    )


def cap(world: World, home: Organization) -> object:
    other = world.globex if home == world.acme else world.acme
    return set_clearing_cap(
        actor=world.signed_in(world.olga),
        organization_id=home.id,
        counterparty_id=other.id,
        currency="INR",
        cap_minor=10_00_001_00,
        now=NOW,
    )


@pytest.mark.parametrize("sets", [fees, limits, cap])
def test_no_terms_where_terms_take_two(
    world: World, sets: Callable[[World, Organization], object]
) -> None:
    takes_two(world, terms=True)
    assert waits(sets(world, world.acme))
    assert not waits(sets(world, world.globex))


def test_no_limit_of_theirs_is_withdrawn_alone(world: World) -> None:
    rule = limits(world, world.acme)
    takes_two(world, terms=True)
    olga = world.signed_in(world.olga)
    assert waits(withdraw_limit_rule(actor=olga, limit_rule_id=rule.id, now=NOW))  # type: ignore[attr-defined]


def test_the_staff_site_says_that_it_waits(world: World, visit: Visit) -> None:  # noqa: F811
    takes_two(world, terms=True)
    sent = {
        "organization": str(world.acme.id),
        "kind": "transfer",
        "currency": "INR",
        "fixed": "1",
    }
    visit(world.olga).post("/admin/wallets/fees/", sent)
    with all_seeing():
        assert PendingAct.objects.filter(kind="wallets.fee_schedule").count() == 1


def test_no_entry_by_hand_where_journals_take_two(world: World) -> None:
    desk = Desk(world)
    owed, costs = desk.open("2200-LANDLORD", "2200"), desk.open("5200-RENT", "5200")
    legs = (costs, Side.DEBIT, 500_00), (owed, Side.CREDIT, 500_00)
    olga = world.signed_in(world.olga)
    done = post_journal(actor=olga, order=desk.order(*legs), now=NOW)
    assert isinstance(done, JournalOutcome)
    takes_two(world, journals=True)
    assert waits(post_journal(actor=olga, order=desk.order(*legs), now=NOW))
    undo = ReversalOrder(
        transaction_id=done.transaction_id,
        description="Taken back",
        reference=fingerprint("undo"),
        amounts_minor=None,
    )
    assert waits(reverse_journal(actor=olga, order=undo, now=NOW))


def order(world: World, amount_minor: int) -> dict[str, object]:
    number, olga = next(_numbers), world.signed_in(world.olga)
    return {
        "actor": olga,
        "wallet": world.alice_wallet.handle,
        "amount_minor": amount_minor,
        "currency": "INR",
        "external_reference": f"CASH{number}",
        "reference": reference_of(actor=olga, route="cash", key=str(number)),
        "fingerprint": fingerprint(str(number)),
        "now": NOW,
    }


def watched(world: World) -> None:
    """More than 1,000 rupees of Acme take a second person."""
    takes_two(world)
    set_dual_control_threshold(
        actor=world.signed_in(world.alice), currency="INR", threshold_minor=1_000_00, now=NOW
    )


def undone(world: World, user: User, amount_minor: int) -> TransferOutcome:
    """The staff give back what the wallet of this person received."""
    sender, source = (
        (world.charlie, world.charlie_wallet)
        if user == world.alice
        else (world.alice, world.alice_wallet)
    )
    wallet = world.alice_wallet if user == world.alice else world.charlie_wallet
    paid = world.send(
        sender=sender, source=source, destination=wallet, amount_minor=amount_minor
    ).transfer
    assert paid is not None
    olga = world.signed_in(world.olga)
    return reverse_transfer(
        actor=olga,
        transfer_id=paid.id,
        amount_minor=None,
        reference=reference_of(actor=olga, route="back", key=str(next(_numbers))),
        fingerprint=fingerprint("back"),
        now=NOW,
    )


def test_no_money_leaves_where_payments_take_two_whatever_the_amount(world: World) -> None:
    watched(world)
    before = world.balance(world.alice_wallet)
    wanted = order(world, 7)
    assert withdraw(**wanted).pending_act is not None  # type: ignore[arg-type]
    (told,) = rehearse_transfers([cash_request(kind=TransferKind.WITHDRAWAL, **order(world, 7))])  # type: ignore[arg-type]
    assert told.error is not None
    assert told.error.code == "dual_control_required"
    assert undone(world, world.alice, 10_00).pending_act is not None
    assert world.balance(world.alice_wallet) == before + 10_00


def test_what_comes_in_and_what_others_pay_goes_on(world: World) -> None:
    watched(world)
    assert deposit(**order(world, 7)).transfer is not None  # type: ignore[arg-type]
    assert undone(world, world.charlie, 10_00).transfer is not None


def test_nobody_is_erased_alone_where_officers_take_two(world: World) -> None:
    takes_two(world)
    remove_member(actor=world.actor(world.alice), user_id=world.bob.id, now=clock.now())
    olga = world.signed_in(world.olga)
    assert waits(shred_person(actor=olga, user_id=world.bob.id, now=clock.now()))
    with all_seeing():
        assert User.objects.get(id=world.bob.id).full_name == "Bob"
