"""Money in and out, against the organization's cash at bank."""

from __future__ import annotations

import datetime as dt
from functools import partial

import pytest

from accounts.services.organizations import suspend_organization
from kernel.context import reading
from kernel.money import MAX_MINOR
from ledger.choices import Axis
from ledger.queries import accounts, balance_of, trial_balance, trial_balance_totals
from ledger.services.periods import close_period, open_period
from tests.world import NOW, REGISTERED, World
from wallets.errors import ExternalReferenceUsed
from wallets.models import Transfer
from wallets.services.wallets import freeze_wallet, suspend_wallet
from wallets.tests.people import (
    cash,
    code_of,
    hired,
    key_of,
    moved,
    nothing_happens,
    only_a_refusal_is_kept,
    opened,
    story_of,
)

pytestmark = pytest.mark.django_db

ALICE, ACME = 1_00_000_00, 5_00_000_00
UNKNOWN = "wal_01h455vb4pex5vsknk084sn02q"
BOTH = pytest.mark.parametrize("move", ["deposit", "withdraw"])


def bank(world: World) -> int:
    """What Acme has at the bank."""
    with reading(world.actor(world.olga)):
        return accounts().get(kind="CASH", organization=world.acme, currency="INR").posted_minor


def test_a_deposit_raises_wallet_and_bank(world: World) -> None:
    transfer = moved(cash(world, "deposit", world.alice_wallet, 250_00, external_reference="UTR1"))

    assert (transfer.kind, transfer.state) == ("deposit", "COMPLETED")
    assert (transfer.source_id, transfer.destination_id) == (None, world.alice_wallet.id)
    assert (transfer.source_transaction_id, transfer.external_reference) == (None, "UTR1")
    assert world.balance(world.alice_wallet) == ALICE + 250_00
    assert bank(world) == ALICE + ACME + 250_00


def test_a_withdrawal_lowers_wallet_and_bank(world: World) -> None:
    transfer = moved(cash(world, "withdraw", world.alice_wallet, 250_00))

    assert (transfer.kind, transfer.destination_id) == ("withdrawal", None)
    assert transfer.destination_transaction_id is None
    assert world.balance(world.alice_wallet) == ALICE - 250_00
    assert bank(world) == ALICE + ACME - 250_00


@BOTH
def test_evidence_and_event_for_the_organization(world: World, move: str) -> None:
    transfer = moved(cash(world, move, world.alice_wallet, 1))

    told = (["wallets.transfer.complete"], ["wallets.transfer.completed"])
    assert story_of(world, world.alice, transfer.id) == told
    assert story_of(world, world.charlie, transfer.id) == ([], [])


def test_the_books_still_balance(world: World) -> None:
    cash(world, "deposit", world.alice_wallet, 250_00)
    cash(world, "withdraw", world.acme_wallet, 100_00)

    with reading(world.actor(world.olga)):
        assert all(total.balanced for total in trial_balance_totals(trial_balance()))


@BOTH
def test_an_external_reference_counts_once(world: World, move: str) -> None:
    moved(cash(world, move, world.alice_wallet, 5, external_reference="UTR1"))

    with nothing_happens(world), pytest.raises(ExternalReferenceUsed) as refused:
        cash(world, move, world.acme_wallet, 7, external_reference="UTR1")
    assert refused.value.code == "external_reference_used"


def test_an_external_reference_is_one_of_its_kind_and_organization(world: World) -> None:
    for move, wallet in (
        ("deposit", world.alice_wallet),
        ("withdraw", world.alice_wallet),
        ("deposit", world.charlie_wallet),
    ):
        moved(cash(world, move, wallet, 5, external_reference="UTR1"))


def test_a_refused_withdrawal_leaves_its_external_reference_free(world: World) -> None:
    with only_a_refusal_is_kept(world):
        first = cash(world, "withdraw", world.alice_wallet, ALICE + 1, external_reference="UTR1")
    assert code_of(first) == "insufficient_funds"

    moved(cash(world, "withdraw", world.alice_wallet, ALICE, external_reference="UTR1"))


def test_the_same_key_again_is_answered_and_not_a_used_external_reference(world: World) -> None:
    paying_in = partial(
        cash, world, "deposit", world.alice_wallet, 5, external_reference="UTR1", key="k"
    )
    first = paying_in()
    with nothing_happens(world):
        again = paying_in()
    assert again.replayed
    assert moved(again).id == moved(first).id


def test_withdrawing_more_than_the_organization_has_at_the_bank(world: World) -> None:
    world.send(
        sender=world.charlie,
        source=world.charlie_wallet,
        destination=world.alice_wallet,
        amount_minor=1_000_00,
    )
    cash(world, "withdraw", world.acme_wallet, ACME)

    with only_a_refusal_is_kept(world):
        outcome = cash(world, "withdraw", world.alice_wallet, ALICE + 1)
    assert code_of(outcome) == "organization_cash_insufficient"
    moved(cash(world, "withdraw", world.alice_wallet, ALICE))
    assert bank(world) == 0
    assert world.balance(world.alice_wallet) == 1_000_00


@BOTH
@pytest.mark.parametrize("amount_minor", [0, -1, MAX_MINOR + 1, 2**63])
def test_an_amount_that_cannot_be_moved(world: World, move: str, amount_minor: int) -> None:
    with nothing_happens(world):
        assert code_of(cash(world, move, world.alice_wallet, amount_minor)) == "invalid_amount"


def test_depositing_past_what_every_client_can_read(world: World) -> None:
    room = MAX_MINOR - bank(world)
    moved(cash(world, "deposit", world.alice_wallet, room))

    with only_a_refusal_is_kept(world):
        outcome = cash(world, "deposit", world.acme_wallet, 1)
    assert code_of(outcome) == "balance_out_of_range"


@BOTH
def test_the_wrong_currency(world: World, move: str) -> None:
    with nothing_happens(world):
        outcome = cash(world, move, world.alice_wallet, 5, currency="USD")
    assert code_of(outcome) == "wallet_currency_mismatch"


def test_each_currency_has_a_cash_account_of_its_own(world: World) -> None:
    dollars = opened(world, world.alice, currency="USD")
    moved(cash(world, "deposit", dollars, 700, currency="USD"))

    assert world.balance(dollars) == 700
    assert bank(world) == ALICE + ACME


@BOTH
def test_an_unknown_wallet(world: World, move: str) -> None:
    with nothing_happens(world):
        code = code_of(cash(world, move, UNKNOWN, 5))
    assert code in {"destination_wallet_not_found", "source_wallet_not_found"}


@BOTH
@pytest.mark.parametrize("who", ["alice", "bob", "charlie"])
def test_people_of_organizations_move_no_cash(world: World, move: str, who: str) -> None:
    with nothing_happens(world):
        actor = world.actor(getattr(world, who))
        assert code_of(cash(world, move, world.alice_wallet, 5, actor=actor)) == (
            "permission_denied"
        )


@BOTH
def test_a_key_moves_cash_at_home_with_the_scope_only(world: World, move: str) -> None:
    cashier = key_of(world, "cash:write", by=world.olga)
    moved(cash(world, move, world.alice_wallet, 5, actor=cashier))

    without = key_of(world, "transfers:write", "wallets:write", "wallets:debit-any")
    with nothing_happens(world):
        refused = cash(world, move, world.alice_wallet, 5, actor=without)
        elsewhere = cash(world, move, world.charlie_wallet, 5, actor=cashier)
    assert code_of(refused) == "permission_denied"
    assert code_of(elsewhere) in {"destination_wallet_not_found", "source_wallet_not_found"}


def test_states(world: World) -> None:
    wallet, olga = world.alice_wallet, world.actor(world.olga)
    freeze_wallet(actor=olga, wallet_id=wallet.id, reason="x", now=NOW)
    moved(cash(world, "deposit", wallet, 5))
    with only_a_refusal_is_kept(world):
        assert code_of(cash(world, "withdraw", wallet, 5)) == "source_wallet_frozen"

    suspend_wallet(actor=olga, wallet_id=wallet.id, reason="x", now=NOW)
    with only_a_refusal_is_kept(world):
        assert code_of(cash(world, "deposit", wallet, 5)) == "destination_wallet_suspended"
    with only_a_refusal_is_kept(world):
        assert code_of(cash(world, "withdraw", wallet, 5)) == "source_wallet_suspended"


@BOTH
def test_a_suspended_organization(world: World, move: str) -> None:
    suspend_organization(
        actor=world.actor(world.olga), organization_id=world.acme.id, reason="x", now=NOW
    )
    with only_a_refusal_is_kept(world):
        assert code_of(cash(world, move, world.alice_wallet, 5)) == "organization_inactive"


def test_a_deposit_is_not_a_way_to_pay_somebody_else(world: World) -> None:
    mia = hired(world, "mia", "member")
    with nothing_happens(world):
        assert code_of(cash(world, "deposit", world.alice_wallet, 5, actor=world.actor(mia))) == (
            "permission_denied"
        )


def test_the_other_organization_never_sees_cash(world: World) -> None:
    transfer = moved(cash(world, "deposit", world.alice_wallet, 5))
    with reading(world.actor(world.charlie)):
        assert not Transfer.objects.filter(id=transfer.id).exists()


FRIDAY = NOW - dt.timedelta(days=3)


@BOTH
def test_the_banks_date_is_when_it_counts(world: World, move: str) -> None:
    """Recorded on Monday, counted on Friday; limits and evidence are of Monday."""
    transfer = moved(cash(world, move, world.alice_wallet, 250_00, effective_at=FRIDAY))
    sign = 1 if move == "deposit" else -1

    assert (transfer.created_at, transfer.effective_at) == (NOW, FRIDAY)
    with reading(world.actor(world.alice)):
        friday = [
            balance_of(world.alice_wallet.account_id, as_of=FRIDAY, axis=axis).posted_minor
            for axis in (Axis.EFFECTIVE, Axis.RECORDED)
        ]
    assert friday == [sign * 250_00, 0]
    assert world.balance(world.alice_wallet) == ALICE + sign * 250_00


@BOTH
@pytest.mark.parametrize(
    ("effective_at", "code"),
    [
        (NOW + dt.timedelta(microseconds=1), "effective_in_future"),
        (dt.datetime(2026, 8, 31, 23, 59, tzinfo=dt.UTC), "effective_before_books"),
        (dt.datetime(1899, 12, 31, tzinfo=dt.UTC), "effective_too_early"),
    ],
)
def test_a_date_on_which_nothing_can_count(
    world: World, move: str, effective_at: dt.datetime, code: str
) -> None:
    with only_a_refusal_is_kept(world):
        refused = cash(world, move, world.alice_wallet, 250_00, effective_at=effective_at)
    assert code_of(refused) == code
    assert refused.transfer is not None
    assert refused.transfer.effective_at is None


def test_the_first_day_counts_from_its_beginning(world: World) -> None:
    first = REGISTERED.replace(hour=0)
    moved(cash(world, "deposit", world.alice_wallet, 250_00, effective_at=first))


def test_a_closed_period_takes_no_late_cash(world: World) -> None:
    alice = world.actor(world.alice)
    period = open_period(
        actor=alice, organization_id=world.acme.id, closes_on=FRIDAY.date(), now=NOW
    )
    moved(cash(world, "deposit", world.alice_wallet, 250_00, effective_at=FRIDAY))
    close_period(actor=alice, period_id=period.id, now=NOW)
    with only_a_refusal_is_kept(world):
        refused = cash(world, "deposit", world.alice_wallet, 250_00, effective_at=FRIDAY)
    assert code_of(refused) == "period_closed"
