"""The main job, told in short stories with exact figures."""

from __future__ import annotations

import dataclasses

import pytest

from accounts.services.organizations import activate_organization, suspend_organization
from audit.queries import records_about
from events.queries import events_about
from kernel.context import reading
from kernel.ids import encode
from kernel.money import MAX_MINOR
from ledger.queries import transaction_of, trial_balance, trial_balance_totals
from tests.world import NOW, World
from wallets.models import Transfer
from wallets.services.transfers import execute_transfers
from wallets.services.wallets import close_wallet, freeze_wallet, suspend_wallet
from wallets.tests.people import (
    code_of,
    hired,
    key_of,
    moved,
    nothing_happens,
    only_a_refusal_is_kept,
    opened,
    registered,
    story_of,
)

pytestmark = pytest.mark.django_db

ALICE, ACME, CHARLIE = 1_00_000_00, 5_00_000_00, 50_000_00


def test_inside_an_organization(world: World) -> None:
    transfer = moved(world.send(destination=world.acme_wallet, amount_minor=250_00))

    assert transfer.state == "COMPLETED"
    assert transfer.counterparty_organization_id is None
    assert transfer.source_transaction_id == transfer.destination_transaction_id
    assert world.balance(world.alice_wallet) == ALICE - 250_00
    assert world.balance(world.acme_wallet) == ACME + 250_00


def test_across_organizations_moves_money_in_both_books(world: World) -> None:
    transfer = moved(world.send(amount_minor=250_00))

    assert transfer.state == "COMPLETED"
    assert transfer.counterparty_organization_id == world.globex.id
    assert transfer.source_transaction_id != transfer.destination_transaction_id
    assert world.balance(world.alice_wallet) == ALICE - 250_00
    assert world.balance(world.charlie_wallet) == CHARLIE + 250_00


def test_books_of_each_organization_balance(world: World) -> None:
    world.send(amount_minor=250_00)

    with reading(world.actor(world.olga)):
        totals = trial_balance_totals(trial_balance())
    assert len(totals) == 2
    assert all(total.balanced for total in totals)


def test_both_books_have_the_entries_an_accountant_would_write(world: World) -> None:
    transfer = moved(world.send(amount_minor=250_00))
    assert transfer.source_transaction_id
    assert transfer.destination_transaction_id

    with reading(world.actor(world.olga)):
        told = [
            [(e.side, e.account.name, e.amount_minor) for e in transaction_of(one).entries.all()]
            for one in (transfer.source_transaction_id, transfer.destination_transaction_id)
        ]
    alice, charlie = (f"{w.handle}, current" for w in (world.alice_wallet, world.charlie_wallet))
    assert told == [
        [("DEBIT", alice, 250_00), ("CREDIT", "Clearing with Globex", 250_00)],
        [("DEBIT", "Clearing with Acme", 250_00), ("CREDIT", charlie, 250_00)],
    ]


def test_a_transfer_says_who_when_and_whence(world: World) -> None:
    request = world.request(description="Invoice 7", metadata={"invoice": "7"})
    transfer = moved(execute_transfers([request])[0])
    kept = _stored(world, transfer)

    assert (kept.actor_kind, kept.actor_id, kept.actor_display) == (
        "user",
        world.alice.id,
        "Alice",
    )
    assert (kept.door, kept.request_id) == ("api", request.actor.request_id)
    assert (kept.created_at, kept.description, kept.metadata) == (
        NOW,
        "Invoice 7",
        {"invoice": "7"},
    )
    assert (kept.source_holder, kept.destination_holder) == ("Alice", "Charlie")
    assert kept.completed_at is not None


def test_what_is_returned_is_what_is_stored(world: World) -> None:
    transfer = moved(world.send())
    kept = _stored(world, transfer)

    for field in Transfer._meta.concrete_fields:
        ours, theirs = getattr(transfer, field.attname), getattr(kept, field.attname)
        if isinstance(theirs, memoryview):
            theirs = bytes(theirs)
        assert ours == theirs, field.attname


def test_wallets_are_found_by_id_and_by_any_spelling_of_the_handle(world: World) -> None:
    for name in (
        encode("wal", world.charlie_wallet.id),
        world.charlie_wallet.handle.lower(),
        world.charlie_wallet.handle.removeprefix("VC-"),
    ):
        moved(world.send(destination=name, amount_minor=1))
    assert world.balance(world.charlie_wallet) == CHARLIE + 3


def test_the_same_wallet_under_two_names(world: World) -> None:
    with nothing_happens(world):
        outcome = world.send(destination=encode("wal", world.alice_wallet.id))
    assert code_of(outcome) == "same_wallet"
    assert outcome.transfer is None


# Refusals that name no two usable wallets leave nothing behind.


@pytest.mark.parametrize("amount_minor", [0, -1, -250_00, MAX_MINOR + 1, 2**63, 10**40])
def test_an_amount_that_cannot_be_moved(world: World, amount_minor: int) -> None:
    with nothing_happens(world):
        assert code_of(world.send(amount_minor=amount_minor)) == "invalid_amount"


@pytest.mark.parametrize(
    "name", ["", "VC-", "VC-000000", "wal_", "wal_01h455vb4pex5vsknk084sn02q", "🏦", "VC-\x00", "%"]
)
def test_an_unknown_destination(world: World, name: str) -> None:
    with nothing_happens(world):
        outcome = world.send(destination=name or "none")
    assert code_of(outcome) == "destination_wallet_not_found"


@pytest.mark.parametrize("name", ["nonsense", "wal_01h455vb4pex5vsknk084sn02q"])
def test_an_unknown_source(world: World, name: str) -> None:
    with nothing_happens(world):
        assert code_of(world.send(source=name)) == "source_wallet_not_found"


def test_a_wallet_of_another_organization_does_not_exist_as_a_source(world: World) -> None:
    with nothing_happens(world):
        outcome = world.send(source=world.charlie_wallet, destination=world.alice_wallet)
    assert code_of(outcome) == "source_wallet_not_found"


def test_a_viewer_sends_nothing(world: World) -> None:
    with nothing_happens(world):
        assert code_of(world.send(sender=world.bob)) == "permission_denied"
        assert code_of(world.send(sender=world.bob, source=world.acme_wallet)) == (
            "permission_denied"
        )


def test_a_colleagues_wallet_is_seen_and_not_touched(world: World) -> None:
    fay = hired(world, "fay", "finance")
    with nothing_happens(world):
        outcome = world.send(sender=fay)
    assert code_of(outcome) == "permission_denied"


def test_a_colleagues_wallet_does_not_exist_for_a_member(world: World) -> None:
    mia = hired(world, "mia", "member")
    with nothing_happens(world):
        assert code_of(world.send(sender=mia)) == "source_wallet_not_found"
        assert code_of(world.send(sender=mia, source=world.acme_wallet)) == (
            "source_wallet_not_found"
        )


def test_finance_pays_from_the_organizations_wallet(world: World) -> None:
    fay = hired(world, "fay", "finance")

    moved(world.send(sender=fay, source=world.acme_wallet, amount_minor=1))
    assert world.balance(world.acme_wallet) == ACME - 1


def test_a_member_pays_from_a_wallet_of_their_own(world: World) -> None:
    mia = hired(world, "mia", "member")
    purse = opened(world, mia, funds_minor=10)

    moved(world.send(sender=mia, source=purse, amount_minor=10))
    assert world.balance(purse) == 0


def test_platform_staff_send_nobodys_money(world: World) -> None:
    with nothing_happens(world):
        assert code_of(world.send(sender=world.olga)) == "permission_denied"


def test_another_currency(world: World) -> None:
    with nothing_happens(world):
        assert code_of(world.send(currency="USD")) == "wallet_currency_mismatch"
        assert code_of(world.send(currency="inr")) == "wallet_currency_mismatch"
        assert code_of(world.send(currency="XXX")) == "wallet_currency_mismatch"


def test_a_wallet_of_another_currency(world: World) -> None:
    dollars = opened(world, world.alice, currency="USD")
    with nothing_happens(world):
        assert code_of(world.send(destination=dollars)) == "wallet_currency_mismatch"
        outcome = world.send(destination=dollars, currency="USD")
    assert code_of(outcome) == "wallet_currency_mismatch"


# Refusals of the books are kept as a row with its reason.


def test_one_unit_too_much(world: World) -> None:
    with only_a_refusal_is_kept(world):
        outcome = world.send(amount_minor=ALICE + 1)

    assert code_of(outcome) == "insufficient_funds"
    assert outcome.transfer is not None
    kept = _stored(world, outcome.transfer)
    assert (kept.state, kept.reason_code) == ("FAILED", "insufficient_funds")
    assert (kept.completed_at, kept.source_transaction_id) == (None, None)


def test_the_very_last_unit(world: World) -> None:
    moved(world.send(amount_minor=ALICE))
    assert world.balance(world.alice_wallet) == 0


def test_more_than_any_wallet_can_hold(world: World) -> None:
    with only_a_refusal_is_kept(world):
        assert code_of(world.send(amount_minor=MAX_MINOR)) == "insufficient_funds"


def test_a_frozen_source(world: World) -> None:
    _stop(world, freeze_wallet, "alice")
    with only_a_refusal_is_kept(world):
        assert code_of(world.send()) == "source_wallet_frozen"


def test_a_frozen_destination_receives(world: World) -> None:
    _stop(world, freeze_wallet, "charlie")
    moved(world.send(amount_minor=1))
    assert world.balance(world.charlie_wallet) == CHARLIE + 1


@pytest.mark.parametrize(
    ("end", "code"),
    [("alice", "source_wallet_suspended"), ("charlie", "destination_wallet_suspended")],
)
def test_a_suspended_end(world: World, end: str, code: str) -> None:
    _stop(world, suspend_wallet, end)
    with only_a_refusal_is_kept(world):
        assert code_of(world.send()) == code


def test_a_closed_end(world: World) -> None:
    purse = opened(world, world.alice)
    close_wallet(actor=world.actor(world.alice), wallet_id=purse.id, reason="x", now=NOW)

    with only_a_refusal_is_kept(world):
        assert code_of(world.send(destination=purse)) == "destination_wallet_closed"
    with only_a_refusal_is_kept(world):
        assert code_of(world.send(source=purse, destination=world.acme_wallet)) == (
            "source_wallet_closed"
        )


@pytest.mark.parametrize("stopped", ["acme", "globex"])
def test_an_inactive_organization_at_either_end(world: World, stopped: str) -> None:
    suspend_organization(
        actor=world.actor(world.olga),
        organization_id=getattr(world, stopped).id,
        reason="x",
        now=NOW,
    )
    with only_a_refusal_is_kept(world):
        assert code_of(world.send()) == "organization_inactive"


def test_organizations_that_agreed_on_nothing(world: World) -> None:
    initech, peter = registered("Initech")
    activate_organization(actor=world.actor(world.olga), organization_id=initech.id, now=NOW)
    purse = opened(world, peter)

    with only_a_refusal_is_kept(world):
        assert code_of(world.send(destination=purse)) == "clearing_cap_exceeded"


# What each side learns.


def test_each_side_has_evidence_and_an_event(world: World) -> None:
    transfer = moved(world.send(amount_minor=250_00))

    told = (["wallets.transfer.complete"], ["wallets.transfer.completed"])
    assert story_of(world, world.alice, transfer.id) == told
    assert story_of(world, world.charlie, transfer.id) == told
    assert story_of(world, world.olga, transfer.id) == (told[0] * 2, told[1] * 2)


def test_a_refusal_is_the_payers_business(world: World) -> None:
    transfer = world.send(amount_minor=ALICE + 1).transfer
    assert transfer is not None

    assert story_of(world, world.alice, transfer.id) == (
        ["wallets.transfer.fail"],
        ["wallets.transfer.failed"],
    )
    assert story_of(world, world.charlie, transfer.id) == ([], [])
    with reading(world.actor(world.charlie)):
        assert not Transfer.objects.filter(id=transfer.id).exists()


def test_charlie_sees_nothing_of_a_transfer_inside_acme(world: World) -> None:
    transfer = moved(world.send(destination=world.acme_wallet))

    assert story_of(world, world.charlie, transfer.id) == ([], [])
    with reading(world.actor(world.charlie)):
        assert not Transfer.objects.filter(id=transfer.id).exists()


def test_an_api_key_pays_from_the_organizations_wallet_and_says_so(world: World) -> None:
    actor = key_of(world, "transfers:write")
    request = dataclasses.replace(world.request(source=world.acme_wallet), actor=actor)
    transfer = moved(execute_transfers([request])[0])
    assert (transfer.actor_kind, transfer.actor_id) == ("api_key", actor.id)

    theirs = dataclasses.replace(world.request(), actor=actor)
    assert code_of(execute_transfers([theirs])[0]) == "source_wallet_not_found"
    anybodys = key_of(world, "transfers:write", "wallets:debit-any")
    moved(execute_transfers([dataclasses.replace(world.request(), actor=anybodys)])[0])


def _stored(world: World, transfer: Transfer) -> Transfer:
    with reading(world.actor(world.olga)):
        return Transfer.objects.get(id=transfer.id)


def _stop(world: World, how, whose: str) -> None:
    wallet = getattr(world, f"{whose}_wallet")
    how(actor=world.actor(world.olga), wallet_id=wallet.id, reason="test", now=NOW)


def test_the_receiving_organization_does_not_learn_who_asked(world: World) -> None:
    done = world.send(amount_minor=250_00)
    assert done.transfer is not None

    with reading(world.actor(world.charlie)):
        act = records_about([done.transfer.id]).get()
        event = events_about([done.transfer.id]).get()
    assert (act.actor_kind, act.actor_id, act.actor_display) == ("counterparty", None, "Acme")
    assert (act.ip, act.request_id) == (None, "")
    assert act.metadata["source_wallet_id"] is None
    assert event.payload["source_wallet_id"] is None
    assert (event.actor_id, event.request_id) == (None, "")
