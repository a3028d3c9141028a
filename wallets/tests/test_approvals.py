"""When people approve what they move, and what an approval is good for."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from functools import partial
from typing import Any

import pytest

from accounts.choices import ApprovalMethod, FactorMethod
from accounts.errors import (
    ApprovalMismatch,
    ApprovalRequired,
    DeviceTooNew,
    NetworkNotTrusted,
    WrongPin,
)
from accounts.models import Approval, TransactionPin
from accounts.services.approvals import LASTS, Proof
from accounts.services.devices import met_device, trust_device
from accounts.services.sessions import revoke_session
from audit.models import AuditRecord
from audit.queries import records_about
from kernel.actor import Actor, Door
from kernel.context import reading
from kernel.errors import PermissionDenied
from ledger.errors import InsufficientFunds
from tests.approving import (
    OVER,
    PIN,
    approval_of,
    asking,
    presenting,
    signed_in,
    stored,
    with_pin,
)
from tests.database import statements, work
from tests.phones import give_phone
from tests.world import NOW, World
from wallets.choices import TransferKind, WalletKind
from wallets.services.approving import approve_batch, approve_hold
from wallets.services.holds import capture_request, place_hold, rehearse_hold
from wallets.services.reversals import reversal_request, reverse_transfer
from wallets.services.terms import set_fee_schedule
from wallets.services.transfers import (
    TransferRequest,
    bundled,
    execute_transfers,
    rehearse_transfers,
)
from wallets.tests.people import code_of, hired, moved, nothing_happens, opened
from wallets.tests.test_holds import captured, wanted

pytestmark = pytest.mark.django_db

MUCH = OVER + 1


@pytest.fixture
def alice(world: World) -> Actor:
    """Alice, signed in and with a PIN, in an Acme that asks for approvals."""
    asking(world)
    return with_pin(world, world.alice)


def asked(world: World, actor: Actor, **changes: object) -> TransferRequest:
    """A transfer to Charlie of a paisa too much to go without an approval."""
    request = world.request(**{"amount_minor": MUCH, **changes})  # type: ignore[arg-type]
    return dataclasses.replace(request, actor=actor)


def code(request: TransferRequest) -> str | None:
    return code_of(execute_transfers([request])[0])


# When one is needed.


def test_a_large_transfer_without_one_leaves_nothing_and_says_what_is_needed(
    world: World, alice: Actor
) -> None:
    request = asked(world, alice)
    with nothing_happens(world):
        outcome = execute_transfers([request])[0]
    assert outcome.transfer is None
    assert isinstance(outcome.error, ApprovalRequired)
    assert outcome.error.facts == {
        "reasons": ["amount"],
        "methods": ["pin"],
        "threshold_minor": OVER,
        "threshold_currency": "INR",
    }


def test_the_threshold_itself_needs_none(world: World, alice: Actor) -> None:
    assert code(asked(world, alice, amount_minor=OVER)) is None


def test_who_has_no_pin_is_told_so(world: World) -> None:
    asking(world)
    outcome = execute_transfers([asked(world, signed_in(world, world.alice))])[0]
    assert outcome.error is not None
    assert outcome.error.facts["methods"] == ["email_otp"]


def device_met(at: dt.datetime) -> uuid.UUID:
    """The id of a device that was first seen then."""
    return uuid.UUID(int=(int(at.timestamp() * 1000) << 80) | (0x7 << 76) | (0b10 << 62))


def test_a_new_device_asks_whatever_the_amount_for_a_day(world: World, alice: Actor) -> None:
    def told(met: dt.datetime) -> list[str]:
        actor = dataclasses.replace(alice, device_id=device_met(met))
        outcome = execute_transfers([asked(world, actor, amount_minor=1)])[0]
        return outcome.error.facts["reasons"] if outcome.error else []  # type: ignore[return-value]

    assert told(NOW - dt.timedelta(hours=23)) == ["new_device"]
    assert told(NOW - dt.timedelta(hours=24)) == []


def test_a_device_that_its_person_trusts_is_not_new(world: World, alice: Actor) -> None:
    device, _ = met_device(actor=alice, user=world.alice, token=None, user_agent="", now=NOW)
    on_it = dataclasses.replace(alice, device_id=device.id)

    def told() -> str | None:
        return code(asked(world, on_it, amount_minor=1))

    assert told() == "approval_required"
    with pytest.raises(DeviceTooNew):
        trust_device(actor=on_it, device_id=device.id, now=NOW)
    give_phone(world.alice, now=NOW - dt.timedelta(days=2))
    elsewhere = dataclasses.replace(on_it, ip="198.51.100.9")
    with pytest.raises(NetworkNotTrusted):
        trust_device(actor=elsewhere, device_id=device.id, now=NOW)
    with reading(world.actor(world.alice)):
        refused = AuditRecord.objects.filter(action="accounts.network.refuse")
        assert [(one.actor_id, one.metadata) for one in refused] == [
            (world.alice.id, {"reason": "network_not_trusted"})
        ]
    trust_device(actor=on_it, device_id=device.id, now=NOW)
    assert told() is None


def test_a_device_that_is_trusted_vouches_for_another(world: World, alice: Actor) -> None:
    give_phone(world.alice, now=NOW - dt.timedelta(days=2))
    first, second = (
        met_device(actor=alice, user=world.alice, token=None, user_agent="", now=NOW)[0]
        for _ in range(2)
    )
    trust_device(actor=alice, device_id=first.id, now=NOW)
    by_mail = signed_in(world, world.alice, proven_by=FactorMethod.EMAIL)
    on_second = dataclasses.replace(by_mail, device_id=second.id)
    with pytest.raises(DeviceTooNew):
        trust_device(actor=on_second, device_id=second.id, now=NOW)
    on_first = dataclasses.replace(by_mail, device_id=first.id)
    assert trust_device(actor=on_first, device_id=second.id, now=NOW).trusted_at == NOW


def test_a_network_that_opened_by_waiting_asks_for_a_day(world: World, alice: Actor) -> None:
    """Alice was seen in one network before; half an hour after she is in another, money moves."""
    elsewhere = dataclasses.replace(alice, ip="198.51.100.9")

    def told(at: dt.datetime) -> str | None:
        request = asked(world, elsewhere, amount_minor=1)
        return code(dataclasses.replace(request, now=at))

    assert told(NOW) == "network_not_trusted"
    opened_at = NOW + dt.timedelta(minutes=30)
    assert told(opened_at) == "approval_required"
    assert told(opened_at + dt.timedelta(hours=24)) is None


def test_any_amount_in_another_currency_needs_one(world: World, alice: Actor) -> None:
    mine = opened(world, world.alice, currency="USD", funds_minor=100_00)
    theirs = opened(world, hired(world, "mia", "member"), currency="USD")
    outcome = execute_transfers(
        [asked(world, alice, source=mine, destination=theirs, currency="USD", amount_minor=1)]
    )[0]
    assert outcome.error is not None
    assert outcome.error.facts["reasons"] == ["currency"]


def test_zero_asks_for_every_transfer_and_none_for_none(world: World, alice: Actor) -> None:
    asking(world, 0)
    assert code(asked(world, alice, amount_minor=1)) == "approval_required"
    asking(world, None)
    risky = dataclasses.replace(alice, device_id=device_met(NOW))
    assert code(asked(world, risky)) is None


def test_money_between_wallets_of_one_holder_needs_none(world: World, alice: Actor) -> None:
    savings = opened(world, world.alice, kind=WalletKind.SAVINGS)
    assert code(asked(world, alice, destination=savings)) is None


def test_a_command_has_nobody_to_ask(world: World, alice: Actor) -> None:
    command = dataclasses.replace(alice, door=Door.COMMAND)
    assert code(asked(world, command)) is None


def test_the_payers_organization_decides(world: World, alice: Actor) -> None:
    """Globex asks for nothing; Charlie sends as before."""
    theirs = world.request(
        sender=world.charlie,
        source=world.charlie_wallet,
        destination=world.alice_wallet,
        amount_minor=MUCH,
    )
    assert code(theirs) is None


# What it does.


def test_an_approved_transfer_moves_and_says_how(world: World, alice: Actor) -> None:
    request = asked(world, alice)
    approval = approval_of(request)
    transfer = moved(execute_transfers([presenting(request, approval)])[0])

    assert (transfer.approval_id, transfer.approval_method) == (approval.id, "pin")
    spent = stored(world, approval)
    assert bytes(spent.consumed_by or b"") == request.reference
    assert spent.consumed_at == NOW
    assert spent.expires_at - spent.made_at == dt.timedelta(minutes=5)


def test_the_same_key_goes_through_once_it_is_approved(world: World, alice: Actor) -> None:
    request = asked(world, alice, key="one")
    assert code(request) == "approval_required"
    approved = presenting(request, approval_of(request))
    first = moved(execute_transfers([approved])[0])
    again = execute_transfers([request])[0]
    assert (again.replayed, again.transfer and again.transfer.id) == (True, first.id)


def test_a_small_transfer_may_be_approved_too(world: World, alice: Actor) -> None:
    request = asked(world, alice, amount_minor=1)
    approval = approval_of(request)
    assert moved(execute_transfers([presenting(request, approval)])[0]).approval_id == approval.id


def test_an_approval_is_spent_on_a_refusal_of_the_books(world: World, alice: Actor) -> None:
    request = asked(world, alice, amount_minor=60_000_00)
    approval = approval_of(request)
    asking(world, None)
    moved(world.send(amount_minor=60_000_00))
    asking(world)
    outcome = execute_transfers([presenting(request, approval)])[0]
    assert isinstance(outcome.error, InsufficientFunds)
    assert outcome.transfer is not None
    assert (outcome.transfer.state, outcome.transfer.approval_id) == ("FAILED", approval.id)
    assert stored(world, approval).consumed_at is not None


def test_nothing_is_approved_that_the_books_would_refuse(world: World, alice: Actor) -> None:
    """And no try at the PIN is spent on it."""
    with pytest.raises(InsufficientFunds):
        approval_of(asked(world, alice, amount_minor=2_00_000_00), pin="0000")
    with reading(alice):
        assert TransactionPin.objects.get().tries == 0


def test_a_wrong_pin_approves_nothing(world: World, alice: Actor) -> None:
    with pytest.raises(WrongPin):
        approval_of(asked(world, alice), pin="9152")
    with reading(alice):
        assert not Approval.objects.exists()


def test_who_is_not_asked_cannot_approve(world: World, alice: Actor) -> None:
    with pytest.raises(PermissionDenied):
        approval_of(asked(world, dataclasses.replace(alice, door=Door.COMMAND)))


# Altered, used, late, by another.


def _other_payee(world: World, request: TransferRequest) -> TransferRequest:
    return dataclasses.replace(request, destination=world.acme_wallet.handle)


def _other_payer(world: World, request: TransferRequest) -> TransferRequest:
    return dataclasses.replace(request, source=world.acme_wallet.handle)


def _other_amount(world: World, request: TransferRequest) -> TransferRequest:
    return dataclasses.replace(request, amount_minor=request.amount_minor + 1)


def _other_fee(world: World, request: TransferRequest) -> TransferRequest:
    set_fee_schedule(
        actor=world.actor(world.alice),
        organization_id=world.acme.id,
        kind=TransferKind.TRANSFER,
        currency="INR",
        fixed_minor=1,
        bps=0,
        floor_minor=0,
        ceiling_minor=None,
        now=NOW,
    )
    return request


def _other_currency(world: World, request: TransferRequest) -> TransferRequest:
    """A wallet has one currency, so the wallets are others as well."""
    mine = opened(world, world.alice, currency="USD", funds_minor=10_000_00)
    theirs = opened(world, hired(world, "mia", "member"), currency="USD")
    ends: dict[str, Any] = {"source": mine.handle, "destination": theirs.handle}
    return dataclasses.replace(request, **ends, currency="USD")


def _as_a_batch(world: World, request: TransferRequest) -> TransferRequest:
    return bundled([request], approval_id=request.approval_id)[0]


@pytest.mark.parametrize(
    ("alter", "fields"),
    [
        (_other_payee, ["destination_wallet"]),
        (_other_payer, ["source_wallet"]),
        (_other_amount, ["amount_minor"]),
        (_other_fee, ["fee_minor"]),
        (_other_currency, ["source_wallet", "destination_wallet", "currency"]),
        (_as_a_batch, ["kind", "source_wallet", "destination_wallet"]),
    ],
)
def test_changing_anything_voids_it(world: World, alice: Actor, alter, fields: list[str]) -> None:
    request = asked(world, alice)
    approval = approval_of(request)
    altered = alter(world, presenting(request, approval))
    before = world.balance(world.alice_wallet)
    outcome = execute_transfers([altered])[0]

    assert isinstance(outcome.error, ApprovalMismatch)
    assert outcome.error.facts == {"fields": fields}
    assert (outcome.transfer, world.balance(world.alice_wallet)) == (None, before)
    assert stored(world, approval).consumed_at is None
    with reading(world.actor(world.olga)):
        refusals = [r.action for r in records_about([approval.id])]
    assert "accounts.approval.refuse" in refusals


def test_what_no_request_can_alter_alone_is_bound_too(world: World, alice: Actor) -> None:
    """A currency with the same wallets, a quote: the binding says it all the same."""
    request = asked(world, alice)
    question = rehearse_transfers([request])[0].question
    assert question is not None
    binding = question.binding
    others: dict[str, Any] = {
        "currency": "USD",
        "quote_id": request.actor.id,
        "subject_id": request.actor.id,
        "item_count": 2,
        "items_hash": b"x",
    }
    for name, value in others.items():
        changed = dataclasses.replace(binding, **{name: value})
        assert changed.facts_hash != binding.facts_hash, name


def test_it_is_good_once(world: World, alice: Actor) -> None:
    request = asked(world, alice)
    approval = approval_of(request)
    assert code(presenting(request, approval)) is None
    assert code(presenting(asked(world, alice), approval)) == "approval_used"


def test_two_of_one_group_cannot_share_it(world: World, alice: Actor) -> None:
    one, other = asked(world, alice), asked(world, alice)
    approval = approval_of(one)
    outcomes = execute_transfers([presenting(one, approval), presenting(other, approval)])
    assert sorted(code_of(outcome) or "" for outcome in outcomes) == ["", "approval_used"]


def test_it_is_good_for_five_minutes(world: World, alice: Actor) -> None:
    request = asked(world, alice)
    approval = approval_of(request)
    late = dataclasses.replace(presenting(request, approval), now=NOW + LASTS)
    assert code(late) == "approval_expired"


def test_it_is_no_good_to_anybody_else(world: World, alice: Actor) -> None:
    """Finance may pay from the organization's wallet as Alice may; not with her approval."""
    request = asked(world, alice, source=world.acme_wallet)
    approval = approval_of(request)
    finance = signed_in(world, hired(world, "fin", "finance"))
    theirs = dataclasses.replace(asked(world, finance, source=world.acme_wallet))
    assert code(presenting(theirs, approval)) == "approval_unknown"
    # Nor does showing it spoil it for her, in the very same group.
    outcomes = execute_transfers([presenting(theirs, approval), presenting(request, approval)])
    assert [code_of(one) for one in outcomes] == ["approval_unknown", None]


def test_it_is_no_good_in_another_session(world: World, alice: Actor) -> None:
    request = asked(world, alice)
    approval = approval_of(request)
    elsewhere = dataclasses.replace(request, actor=signed_in(world, world.alice))
    assert code(presenting(elsewhere, approval)) == "approval_of_other_session"


def test_it_dies_with_its_session(world: World, alice: Actor) -> None:
    request = asked(world, alice)
    approval = approval_of(request)
    assert alice.session_id is not None
    revoke_session(actor=alice, session_id=alice.session_id, now=NOW)
    assert code(presenting(request, approval)) == "approval_of_other_session"


def test_what_was_never_given_is_unknown(world: World, alice: Actor) -> None:
    made_up = dataclasses.replace(asked(world, alice), approval_id=world.acme.id)
    assert code(made_up) == "approval_unknown"


# Asking what would happen.


def test_a_rehearsal_tells_and_spends_nothing(world: World, alice: Actor) -> None:
    request = asked(world, alice)
    bare = rehearse_transfers([request])[0]
    assert bare.error is None
    assert bare.question is not None
    assert bare.question.demand is not None
    assert bare.question.demand.reasons == ("amount",)

    approval = approval_of(request)
    with nothing_happens(world):
        assert rehearse_transfers([presenting(request, approval)])[0].error is None
        altered = _other_amount(world, presenting(request, approval))
        assert isinstance(rehearse_transfers([altered])[0].error, ApprovalMismatch)
    assert stored(world, approval).consumed_at is None


# Batches.


def batch_of(world: World, actor: Actor, *amounts: int) -> list[TransferRequest]:
    return bundled([asked(world, actor, amount_minor=amount) for amount in amounts])


def test_the_items_of_a_batch_count_together(world: World, alice: Actor) -> None:
    outcomes = execute_transfers(batch_of(world, alice, OVER, 1))
    assert [code_of(one) for one in outcomes] == ["approval_required"] * 2
    assert [code_of(o) for o in execute_transfers(batch_of(world, alice, OVER - 1, 1))] == [
        None
    ] * 2


@pytest.mark.parametrize("whole", [True, False])
def test_a_batch_is_approved_as_one(world: World, alice: Actor, whole: bool) -> None:
    items = batch_of(world, alice, OVER, OVER, 7)
    proof = Proof(ApprovalMethod.PIN, PIN)
    approval = approve_batch(requests=items, all_or_nothing=whole, proof=proof)
    assert (approval.item_count, approval.amount_minor) == (3, 2 * OVER + 7)
    other = bundled(items, all_or_nothing=not whole, approval_id=approval.id)
    told = execute_transfers(other, all_or_nothing=not whole)
    assert [code_of(one) for one in told] == ["approval_mismatch"] * 3
    as_approved = bundled(items, all_or_nothing=whole, approval_id=approval.id)
    outcomes = execute_transfers(as_approved, all_or_nothing=whole)
    assert {moved(one).approval_id for one in outcomes} == {approval.id}
    assert bytes(stored(world, approval).consumed_by or b"") == items[0].reference


def test_an_altered_item_voids_the_approval_of_its_batch(world: World, alice: Actor) -> None:
    """The sum and the number are the same: the hash is not."""
    items = batch_of(world, alice, OVER, 7)
    proof = Proof(ApprovalMethod.PIN, PIN)
    approval = approve_batch(requests=items, all_or_nothing=False, proof=proof)
    amounts = (OVER + 1, 6)
    shifted = [
        dataclasses.replace(item, amount_minor=amount)
        for item, amount in zip(items, amounts, strict=True)
    ]
    for altered in (shifted, items[::-1]):
        outcomes = execute_transfers(bundled(altered, approval_id=approval.id))
        assert [code_of(one) for one in outcomes] == ["approval_mismatch"] * 2
    assert world.balance(world.alice_wallet) == 1_00_000_00


@pytest.mark.parametrize("count", [1, 3])
def test_fewer_or_more_items_void_the_approval_of_a_batch(
    world: World, alice: Actor, count: int
) -> None:
    items = batch_of(world, alice, OVER, 7)
    proof = Proof(ApprovalMethod.PIN, PIN)
    approval = approve_batch(requests=items, all_or_nothing=False, proof=proof)
    others = (items + batch_of(world, alice, 1))[:count]
    outcomes = execute_transfers(bundled(others, approval_id=approval.id))
    assert [code_of(one) for one in outcomes] == ["approval_mismatch"] * count
    error = outcomes[0].error
    assert error is not None
    assert "item_count" in error.facts["fields"]  # type: ignore[operator]
    assert world.balance(world.alice_wallet) == 1_00_000_00
    assert stored(world, approval).consumed_at is None


# Holds, captures, reversals.


def test_what_was_approved_of_one_hold_captures_no_other(world: World, alice: Actor) -> None:
    asking(world, None)
    one, other = (place_hold(wanted(world, amount_minor=MUCH, key=key)) for key in ("one", "other"))
    asking(world)
    capture = partial(
        capture_request,
        actor=alice,
        amount_minor=MUCH,
        final=True,
        reference=b"c" * 32,
        fingerprint=b"f" * 32,
        now=NOW,
    )
    approval = approval_of(capture(hold_id=one.hold_id))
    wrong = execute_transfers([presenting(capture(hold_id=other.hold_id), approval)])[0]
    assert isinstance(wrong.error, ApprovalMismatch)
    assert wrong.error.facts == {"fields": ["subject"]}
    assert (
        code_of(execute_transfers([presenting(capture(hold_id=one.hold_id), approval)])[0]) is None
    )


def test_what_was_approved_of_one_payment_gives_no_other_back(world: World) -> None:
    one, other = (
        moved(
            world.send(
                source=world.charlie_wallet,
                sender=world.charlie,
                destination=world.alice_wallet,
                amount_minor=MUCH,
            )
        )
        for _ in range(2)
    )
    asking(world)
    alice = with_pin(world, world.alice)
    back: dict[str, Any] = {
        "actor": alice,
        "amount_minor": None,
        "reference": b"r" * 32,
        "fingerprint": b"f" * 32,
    }
    approval = approval_of(reversal_request(transfer_id=one.id, now=NOW, **back))
    give_back = partial(reverse_transfer, approval_id=approval.id, now=NOW, **back)
    wrong = give_back(transfer_id=other.id)
    assert isinstance(wrong.error, ApprovalMismatch)
    assert wrong.error.facts == {"fields": ["subject"]}
    assert moved(give_back(transfer_id=one.id)).approval_id == approval.id


def test_a_hold_is_approved_like_a_transfer(world: World, alice: Actor) -> None:
    asked_for = dataclasses.replace(wanted(world, amount_minor=MUCH), actor=alice)
    assert rehearse_hold(asked_for).demand is not None
    with pytest.raises(ApprovalRequired):
        place_hold(asked_for)
    approval = approve_hold(request=asked_for, proof=Proof(ApprovalMethod.PIN, PIN))
    altered = dataclasses.replace(asked_for, amount_minor=MUCH + 1, approval_id=approval.id)
    with pytest.raises(ApprovalMismatch):
        place_hold(altered)
    for other in (
        {"expires_at": asked_for.expires_at + dt.timedelta(seconds=1)},
        {"lasts": dt.timedelta(days=7)},
    ):
        longer = dataclasses.replace(asked_for, approval_id=approval.id, **other)
        with pytest.raises(ApprovalMismatch) as mismatch:
            place_hold(longer)
        assert mismatch.value.facts == {"fields": ["expires_at"]}
    hold = place_hold(dataclasses.replace(asked_for, approval_id=approval.id))
    assert (hold.approval_id, hold.approval_method) == (approval.id, "pin")
    assert bytes(stored(world, approval).consumed_by or b"") == asked_for.reference


def test_a_capture_by_a_person_is_asked_too(world: World, alice: Actor) -> None:
    asking(world, None)
    hold = place_hold(wanted(world, amount_minor=MUCH))
    asking(world)
    assert code_of(captured(world, hold)) == "approval_required"
    assert code_of(captured(world, hold, OVER)) is None


def test_whether_a_capture_is_the_last_is_approved_with_it(world: World, alice: Actor) -> None:
    asking(world, None)
    hold = place_hold(wanted(world, amount_minor=MUCH + 1))
    asking(world)
    capture = partial(
        capture_request,
        actor=alice,
        hold_id=hold.hold_id,
        amount_minor=MUCH,
        reference=b"c" * 32,
        fingerprint=b"f" * 32,
        now=NOW,
    )
    approval = approval_of(capture(final=False))
    other = execute_transfers([presenting(capture(final=True), approval)])[0]
    assert isinstance(other.error, ApprovalMismatch)
    assert other.error.facts == {"fields": ["final"]}
    assert code_of(execute_transfers([presenting(capture(final=False), approval)])[0]) is None


def test_giving_back_is_asked_too(world: World) -> None:
    paid = moved(
        world.send(
            source=world.charlie_wallet,
            sender=world.charlie,
            destination=world.alice_wallet,
            amount_minor=MUCH,
        )
    )
    asking(world)
    alice = with_pin(world, world.alice)
    give_back = partial(
        reverse_transfer,
        actor=alice,
        transfer_id=paid.id,
        amount_minor=None,
        reference=b"r" * 32,
        fingerprint=b"f" * 32,
        now=NOW,
    )
    assert code_of(give_back()) == "approval_required"
    request = reversal_request(
        actor=alice,
        transfer_id=paid.id,
        amount_minor=None,
        reference=b"r" * 32,
        fingerprint=b"f" * 32,
        now=NOW,
    )
    approval = approval_of(request)
    assert (approval.subject_id, approval.fee_minor) == (paid.id, None)
    assert moved(give_back(approval_id=approval.id)).approval_method == "pin"


# What it costs.


def test_movements_without_an_approval_cost_no_statement(world: World, alice: Actor) -> None:
    """The policy comes with the wallets."""
    counts = []
    for over_minor in (None, OVER):
        asking(world, over_minor)
        with statements() as made:
            execute_transfers([asked(world, alice, amount_minor=1)])
        counts.append(work(made))
    assert counts[0] == counts[1]


def test_approvals_cost_as_many_statements_for_20_as_for_1(world: World, alice: Actor) -> None:
    counts = []
    for size in (1, 20):
        items = [asked(world, alice, amount_minor=MUCH + n) for n in range(size)]
        items = [presenting(one, approval_of(one)) for one in items]
        with statements() as made:
            outcomes = execute_transfers(items)
        assert [code_of(one) for one in outcomes] == [None] * size
        counts.append(work(made))
    assert counts[0] == counts[1]
