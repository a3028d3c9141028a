"""Sending money: details, review of amount, fee and payee, confirmation.

The idempotency key is minted when the form is drawn and travels, signed together with all that was
reviewed, to the confirmation: what is confirmed is what was shown, and a repeated click, a reload
or a lost answer leads to the same transfer. The review is a rehearsal: what would be refused is
told before anything is asked to be confirmed.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.policy import require
from kernel import clock
from kernel.context import reading
from kernel.crypto import fingerprint
from kernel.errors import Busy, VaultCraftError
from kernel.ids import encode
from kernel.money import parse_minor
from ledger.errors import InsufficientFunds
from wallets.errors import (
    DestinationNotFound,
    FeeChanged,
    SecondPersonRequired,
    WalletNotFound,
)
from wallets.models import Wallet
from wallets.queries import Payee, payee_of, wallet_of
from wallets.services.references import reference_of
from wallets.services.transfers import (
    Rehearsal,
    TransferOutcome,
    TransferRequest,
    execute_transfers,
    rehearse_transfers,
)
from web.doors import PersonRequest, acts, checks, reads
from web.forms import SendForm, new_key
from web.ownership import debitable_wallets
from web.pages import page
from web.presenters.chrome import initials_of
from web.presenters.money import shown
from web.presenters.wallets import holder_of, source_choices
from web.refusals import explain, sentence_of
from web.reviews import Review, opened
from web.views.approvals import to_approval

ROUTE = "web:send"


@dataclasses.dataclass(frozen=True, slots=True)
class Judged:
    """A form that the books would take, as they stand now."""

    review: Review
    source: Wallet
    payee: Payee
    after_minor: int
    waits: bool = False


@reads
def details(request: PersonRequest) -> HttpResponse:
    """The empty form; ``?source=`` and ``?to=`` fill it."""
    require(request.actor, "transfers.create")
    given = {"source": request.GET.get("source", ""), "destination": request.GET.get("to", "")}
    return _form_page(request, _form(request, initial=given))


@reads
def payee(request: PersonRequest) -> HttpResponse:
    """Whom the typed handle belongs to, as a fragment of the form."""
    require(request.actor, "transfers.create")
    typed = request.GET.get("destination", "")
    return page(request, "web/send_payee.html", payee_context(typed), here="")


@checks
def review(request: PersonRequest) -> HttpResponse:
    """Judge the form; show amount, fee and payee for confirmation."""
    require(request.actor, "transfers.create")
    form = _form(request, data=True)
    if not form.is_valid():
        return _form_page(request, form, status=400)
    judged = _judged(request, form)
    if judged is None:
        return _form_page(request, form, status=422)
    return _review_page(request, judged)


@checks
def edit(request: PersonRequest) -> HttpResponse:
    """Back to the form with everything still in it."""
    asked = opened(request)
    return _form_page(request, _form(request, initial=asked.given if asked else {}))


@acts
def confirm(request: PersonRequest) -> HttpResponse:
    """Move the money, once, and show the receipt."""
    asked = opened(request)
    if asked is None:
        with reading(request.actor):
            return _form_page(request, _form(request, initial={}), status=422, expired=True)
    try:
        outcome = execute_transfers([_item(request, asked)])[0]
    except Busy as error:
        return _again(request, asked, error)
    if outcome.pending_act is not None:
        return to_approval(request, outcome.pending_act)
    if outcome.transfer is None or outcome.error is not None:
        return _refused(request, asked, outcome)
    place = reverse("web:receipt", args=[encode("trf", outcome.transfer.id)])
    return HttpResponseRedirect(f"{place}?sent=1")


def _item(request: PersonRequest, asked: Review) -> TransferRequest:
    return TransferRequest(
        actor=request.actor,
        source=asked.source,
        destination=asked.destination,
        amount_minor=asked.amount_minor,
        currency=asked.currency,
        reference=reference_of(actor=request.actor, route=ROUTE, key=asked.key),
        fingerprint=fingerprint(
            asked.source,
            asked.destination,
            str(asked.amount_minor),
            str(asked.fee_minor),
            asked.currency,
            asked.description,
        ),
        now=clock.now(),
        description=asked.description,
        expected_fee_minor=asked.fee_minor,
    )


def _judged(request: PersonRequest, form: SendForm) -> Judged | None:
    """What can be shown for confirmation; None with the reason on the form.

    The books judge again, under their locks.
    """
    given = form.cleaned_data
    source: Wallet | None = None
    try:
        source = wallet_of(actor=request.actor, wallet=given["source"])
        amount_minor = parse_minor(text=given["amount"], exponent=source.currency.exponent)
        found = _payee_of(given["destination"])
        asked = Review(
            key=given["key"],
            source=source.handle,
            destination=found.handle,
            amount_minor=amount_minor,
            fee_minor=0,
            currency=source.currency_id,
            description=given["description"],
            amount_text=given["amount"],
        )
        rehearsal = _rehearsed(request, asked)
    except VaultCraftError as error:
        explain(form, error, currency=source.currency if source else None)
        return None
    waits = isinstance(rehearsal.error, SecondPersonRequired)
    if rehearsal.error is not None and not waits:
        _explain_rehearsal(form, rehearsal, source)
        return None
    asked = dataclasses.replace(asked, fee_minor=rehearsal.fee_minor)
    after = source.account.available_minor - amount_minor - rehearsal.fee_minor
    if rehearsal.source is not None:
        after = rehearsal.source.available_minor
    return Judged(asked, source, found, after, waits)


def _payee_of(typed: str) -> Payee:
    try:
        return payee_of(typed.strip())
    except WalletNotFound as error:
        raise DestinationNotFound() from error


def _rehearsed(request: PersonRequest, asked: Review) -> Rehearsal:
    """What the books would say now, under a key of its own: a review is nothing that stands."""
    item = _item(request, dataclasses.replace(asked, key=new_key()))
    return rehearse_transfers([dataclasses.replace(item, expected_fee_minor=None)])[0]


def _explain_rehearsal(form: SendForm, rehearsal: Rehearsal, source: Wallet) -> None:
    assert rehearsal.error is not None
    if isinstance(rehearsal.error, InsufficientFunds) and rehearsal.fee_minor:
        fee = shown(rehearsal.fee_minor, source.currency)
        form.add_error("amount", f"There is not enough available for this and its fee of {fee}.")
    else:
        explain(form, rehearsal.error, currency=source.currency)


def _form(
    request: PersonRequest, *, data: bool = False, initial: dict[str, str] | None = None
) -> SendForm:
    return SendForm(
        request.POST if data else None,
        initial={"key": new_key(), **(initial or {})},
        sources=source_choices(debitable_wallets(request.actor)),
        payee_url=reverse("web:payee"),
    )


def payee_context(typed: str) -> dict[str, Any]:
    """What the fragment below a typed handle shows."""
    if not typed.strip():
        return {}
    try:
        found = payee_of(typed.strip())
    except WalletNotFound:
        return {"payee_problem": "No wallet has this handle yet."}
    return {"payee": found, "payee_initials": initials_of(found.holder_name)}


def _form_page(
    request: PersonRequest,
    form: SendForm,
    *,
    status: int = 200,
    expired: bool = False,
    failed_url: str = "",
) -> HttpResponse:
    context = {"form": form, "expired": expired, "failed_url": failed_url}
    if "destination" not in form.errors:
        context |= payee_context(str(form["destination"].value() or ""))
    return page(request, "web/send.html", context, here="send", status=status)


def _review_page(
    request: PersonRequest, judged: Judged, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    asked, source, found = judged.review, judged.source, judged.payee
    fee_minor, currency = asked.fee_minor, source.currency
    context = {
        "refusal": refusal,
        "waits": judged.waits,
        "review": {
            "amount": shown(asked.amount_minor, currency),
            "fee": shown(fee_minor, currency) if fee_minor else "",
            "total": shown(asked.amount_minor + fee_minor, currency),
            "payee_name": found.holder_name,
            "payee_organization": found.organization_name,
            "destination_handle": found.handle,
            "source_name": holder_of(source),
            "source_handle": source.handle,
            "description": asked.description,
            "available_after": shown(judged.after_minor, currency),
            "token": asked.sealed(request),
        },
    }
    return page(request, "web/review.html", context, here="send", status=status)


def _again(request: PersonRequest, asked: Review, error: Busy) -> HttpResponse:
    """Nothing was written: offer the same confirmation, with the same key."""
    with reading(request.actor):
        source = wallet_of(actor=request.actor, wallet=asked.source)
        after = source.account.available_minor - asked.amount_minor - asked.fee_minor
        judged = Judged(asked, source, payee_of(asked.destination), after)
        words = sentence_of(code=error.code).words
        return _review_page(request, judged, refusal=words, status=503)


def _refused(request: PersonRequest, asked: Review, outcome: TransferOutcome) -> HttpResponse:
    """Back to the form, the reason beside its field; under a fresh key, as this one is spent."""
    failed = outcome.transfer
    with reading(request.actor):
        form = SendForm(
            {"key": new_key(), **asked.given},
            sources=source_choices(debitable_wallets(request.actor)),
            payee_url=reverse("web:payee"),
        )
        if form.is_valid() and isinstance(outcome.error, FeeChanged):
            judged = _judged(request, form)
            if judged is not None:
                words = _fee_words(asked, judged)
                return _review_page(request, judged, refusal=words, status=422)
        elif outcome.error is not None and not form.errors:
            source = wallet_of(actor=request.actor, wallet=asked.source)
            explain(form, outcome.error, currency=source.currency)
        return _form_page(
            request,
            form,
            status=422,
            failed_url=reverse("web:transfer", args=[encode("trf", failed.id)]) if failed else "",
        )


def _fee_words(asked: Review, judged: Judged) -> str:
    currency = judged.source.currency
    before, now = shown(asked.fee_minor, currency), shown(judged.review.fee_minor, currency)
    return f"The fee is {now} now; you were shown {before}. No money moved. Confirm if you agree."
