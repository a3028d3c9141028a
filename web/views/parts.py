"""Taking from a hold and giving back a transfer: whole or in part, each confirmed on its own page.

The page says what is left and whom it moves to; its key makes a repeat harmless. Whatever was
refused is kept under that key, so a corrected page brings another.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.errors import ApprovalRefused
from kernel import clock
from kernel.actor import Actor
from kernel.context import reading
from kernel.crypto import fingerprint
from kernel.errors import Kind, PermissionDenied, VaultCraftError
from kernel.ids import MalformedId, decode, encode
from kernel.money import parse_minor
from kernel.rates.table import RouteClass
from ledger.errors import HoldEnded
from wallets.errors import ReferenceReused, TransferNotFound
from wallets.models import Transfer, WalletHold
from wallets.queries import hold_of, reversals_of, transfer_of
from wallets.services.approving import approve_movement
from wallets.services.holds import capture_hold, capture_request
from wallets.services.references import reference_of, unused_reference
from wallets.services.reversals import reversal_request, reverse_transfer
from wallets.services.transfers import TransferOutcome
from web.approving import moved_with_pin
from web.doors import PersonRequest, acts, counted_as, reads
from web.forms import WHOLE, PartForm, new_key, renew_key
from web.ownership import may_give_back, may_take, own_ends
from web.pages import page
from web.presenters.history import Left, left_of
from web.presenters.money import CurrencyLike, shown
from web.presenters.movements import sees_fee
from web.refusals import STATUS_OF_KIND, explain
from web.views.holds import card_of, id_of
from web.views.pending_acts import to_pending_act

CAPTURE_ROUTE, GIVE_BACK_ROUTE = "web:hold-capture", "web:give-back"


@reads
def capture(request: PersonRequest, hold_id: str) -> HttpResponse:
    """How much to take from a hold."""
    hold = _takeable(request.actor, hold_id)
    return _capture_page(request, hold, _fresh_form())


@acts
@counted_as(RouteClass.MONEY)
def capture_confirmed(request: PersonRequest, hold_id: str) -> HttpResponse:
    """Take it, once, and show the receipt."""
    form = PartForm(request.POST)
    with reading(request.actor):
        hold = hold_of(actor=request.actor, hold_id=id_of(hold_id))
        if not form.is_valid():
            return _capture_page(request, hold, form, status=400)
    try:
        outcome = _captured(request, hold, form)
    except VaultCraftError as error:
        outcome = _unless_elsewhere(error)
    if (answer := _answered(request, outcome)) is not None:
        return answer
    with reading(request.actor):
        return _capture_page(request, hold, *_told(form, outcome, hold.currency))


@reads
def give_back(request: PersonRequest, transfer_id: str) -> HttpResponse:
    """How much of a transfer to give back."""
    transfer = _transfer(request.actor, transfer_id)
    if not may_give_back(request.actor, transfer):
        raise PermissionDenied()
    return _give_back_page(request, transfer, _fresh_form())


@acts
@counted_as(RouteClass.MONEY)
def give_back_confirmed(request: PersonRequest, transfer_id: str) -> HttpResponse:
    """Give it back, once, and show the receipt."""
    form = PartForm(request.POST)
    with reading(request.actor):
        transfer = _transfer(request.actor, transfer_id)
        if not form.is_valid():
            return _give_back_page(request, transfer, form, status=400)
    try:
        outcome = _given_back(request, transfer, form)
    except VaultCraftError as error:
        outcome = _unless_elsewhere(error)
    if (answer := _answered(request, outcome)) is not None:
        return answer
    with reading(request.actor):
        return _give_back_page(request, transfer, *_told(form, outcome, transfer.currency))


def _answered(request: PersonRequest, outcome: TransferOutcome) -> HttpResponse | None:
    """Where what waits, or what was moved, leads to; None for a refusal."""
    if outcome.pending_act is not None:
        return to_pending_act(request, outcome.pending_act)
    if outcome.error is None and outcome.transfer is not None:
        return _receipt(outcome.transfer)
    return None


def _takeable(actor: Actor, hold_id: str) -> WalletHold:
    hold = hold_of(actor=actor, hold_id=id_of(hold_id))
    if not may_take(actor, hold):
        raise PermissionDenied()
    if not card_of(actor, hold).open:
        raise HoldEnded(facts={"state": hold.hold.state})
    return hold


def _transfer(actor: Actor, text: str) -> Transfer:
    try:
        return transfer_of(actor=actor, transfer_id=decode("trf", text))
    except MalformedId as error:
        raise TransferNotFound() from error


def _captured(request: PersonRequest, hold: WalletHold, form: PartForm) -> TransferOutcome:
    given, amount_minor = form.cleaned_data, _amount_minor(form, hold.currency)
    asked: dict[str, Any] = {
        "actor": request.actor,
        "hold_id": hold.hold_id,
        "amount_minor": amount_minor,
        "final": given["final"],
        "fingerprint": _fingerprint(hold.hold_id, amount_minor, given),
        "now": clock.now(),
        "description": given["description"],
    }
    reference = reference_of(actor=request.actor, route=CAPTURE_ROUTE, key=given["key"])
    return moved_with_pin(
        lambda one: _judged(capture_hold(**asked, reference=reference, approval_id=one)),
        approve=lambda proof: approve_movement(
            request=capture_request(**asked, reference=unused_reference()), proof=proof
        ),
        pin=given["pin"],
    )


def _judged(outcome: TransferOutcome) -> TransferOutcome:
    """The outcome, unless it lacks an approval."""
    if isinstance(outcome.error, ApprovalRefused):
        raise outcome.error
    return outcome


def _given_back(request: PersonRequest, transfer: Transfer, form: PartForm) -> TransferOutcome:
    given, amount_minor = form.cleaned_data, _amount_minor(form, transfer.currency)
    asked: dict[str, Any] = {
        "actor": request.actor,
        "transfer_id": transfer.id,
        "amount_minor": amount_minor,
        "fingerprint": _fingerprint(transfer.id, amount_minor, given),
        "now": clock.now(),
        "description": given["description"],
    }
    reference = reference_of(actor=request.actor, route=GIVE_BACK_ROUTE, key=given["key"])
    return moved_with_pin(
        lambda one: _judged(reverse_transfer(**asked, reference=reference, approval_id=one)),
        approve=lambda proof: approve_movement(
            request=reversal_request(**asked, reference=unused_reference()), proof=proof
        ),
        pin=given["pin"],
    )


def _amount_minor(form: PartForm, currency: Any) -> int | None:
    """Minor units of the part; None for everything that is left."""
    given = form.cleaned_data
    if given["how_much"] == WHOLE:
        return None
    return parse_minor(text=given["amount"], exponent=currency.exponent)


def _fingerprint(subject: uuid.UUID, amount_minor: int | None, given: dict[str, Any]) -> bytes:
    part = WHOLE if amount_minor is None else str(amount_minor)
    return fingerprint(str(subject), part, str(given["final"]), given["description"])


def _unless_elsewhere(error: VaultCraftError) -> TransferOutcome:
    """A refusal that belongs on the form; not to be seen or done here has a page of its own."""
    elsewhere = error.kind in (Kind.FORBIDDEN, Kind.NOT_FOUND)
    if elsewhere and not isinstance(error, ApprovalRefused):
        raise error
    return TransferOutcome(None, error)


def _told(form: PartForm, outcome: TransferOutcome, currency: CurrencyLike) -> tuple[PartForm, int]:
    """The form with the refusal on it, under a fresh key if the old one is spent, and a status."""
    error = outcome.error
    assert error is not None
    if error.kind is Kind.FORBIDDEN and not isinstance(error, ApprovalRefused):
        raise error
    explain(form, error, currency=currency)
    if outcome.transfer or isinstance(error, ReferenceReused):
        renew_key(form)
    return form, STATUS_OF_KIND[error.kind]


def _fresh_form() -> PartForm:
    return PartForm(initial={"key": new_key()})


def _receipt(transfer: Transfer) -> HttpResponse:
    return HttpResponseRedirect(reverse("web:receipt", args=[encode("trf", transfer.id)]))


def _capture_page(
    request: PersonRequest, hold: WalletHold, form: PartForm, status: int = 200
) -> HttpResponse:
    hold = hold_of(actor=request.actor, hold_id=hold.hold_id)  # as it stands now
    context = {"form": form, "hold": card_of(request.actor, hold)}
    return page(request, "web/hold_capture.html", context, here="holds", status=status)


def _give_back_page(
    request: PersonRequest, transfer: Transfer, form: PartForm, status: int = 200
) -> HttpResponse:
    left = left_of(transfer, list(reversals_of(transfer.id)))
    context = {
        "form": form,
        "transfer_url": reverse("web:transfer", args=[encode("trf", transfer.id)]),
        "action_url": reverse("web:give-back-confirm", args=[encode("trf", transfer.id)]),
        "giver": transfer.destination_holder or "Bank",
        "giver_handle": transfer.destination_handle,
        "getter": transfer.source_holder or "Bank",
        "getter_handle": transfer.source_handle,
        "description": transfer.description,
        "moved": shown(transfer.amount_minor, transfer.currency),
        "at": transfer.created_at,
        **_left_words(request, transfer, left),
    }
    return page(request, "web/give_back.html", context, here="transfers", status=status)


def _left_words(request: PersonRequest, transfer: Transfer, left: Left) -> dict[str, str]:
    currency = transfer.currency
    fee = left.fee_minor if sees_fee(transfer, own_ends(request.actor, [transfer])) else 0
    given_minor = transfer.amount_minor - left.amount_minor
    return {
        "left": shown(left.amount_minor, currency) if left.amount_minor else "",
        "given": shown(given_minor, currency) if given_minor else "",
        "fee_left": shown(fee, currency) if fee else "",
    }
