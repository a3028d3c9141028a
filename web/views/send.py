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

from accounts.choices import ApprovalMethod
from accounts.errors import ApprovalRequired
from accounts.policy import require
from kernel.context import reading
from kernel.errors import Busy, VaultCraftError
from kernel.ids import encode
from kernel.rates.table import RouteClass
from wallets.errors import DualControlRequired, FeeChanged, WalletNotFound
from wallets.queries import payee_of, wallet_of
from wallets.services.approving import approve_movement, ask_to_approve_movement
from wallets.services.transfers import (
    TransferOutcome,
    execute_transfers,
    rehearse_transfers,
)
from web.approving import Approving, approving, posted_form, proof_of
from web.doors import PersonRequest, acts, checks, counted_as, reads
from web.forms import ApprovalForm, SendForm, new_key
from web.judging import Judged, after_minor, fresh, item_of, judge
from web.ownership import debitable_wallets
from web.pages import page
from web.presenters.chrome import initials_of
from web.presenters.money import shown
from web.presenters.wallets import holder_of, source_choices
from web.presenters.whereabouts import network_notice
from web.refusals import STATUS_OF_KIND, explain, sentence_of, words_of
from web.reviews import Review, opened
from web.views.pending_acts import to_pending_act


@reads
def details(request: PersonRequest) -> HttpResponse:
    """The empty form; ``?source=`` and ``?to=`` fill it."""
    require(request.actor, "transfers.create")
    given = {"source": request.GET.get("source", ""), "destination": request.GET.get("to", "")}
    return _form_page(request, _form(request, initial=given))


@checks
@counted_as(RouteClass.LOOK_UPS)
def payee(request: PersonRequest) -> HttpResponse:
    """Whom the typed handle or account number belongs to, as a fragment of the form.

    A POST, so that the number stands in no log of addresses.
    """
    require(request.actor, "transfers.create")
    typed = request.POST.get("destination", "")
    return page(request, "web/send_payee.html", payee_context(typed), here="")


@checks
@counted_as(RouteClass.LOOK_UPS)
def review(request: PersonRequest) -> HttpResponse:
    """Judge the form; show amount, fee and payee for confirmation."""
    require(request.actor, "transfers.create")
    form = _form(request, data=True)
    if not form.is_valid():
        return _form_page(request, form, status=400)
    judged = judge(request, form)
    if judged is None:
        return _form_page(request, form, status=422)
    return _review_page(request, judged)


@checks
def edit(request: PersonRequest) -> HttpResponse:
    """Back to the form with everything still in it."""
    asked = opened(request)
    return _form_page(request, _form(request, initial=asked.given if asked else {}))


@acts
@counted_as(RouteClass.PROOFS)
def approve_by(request: PersonRequest) -> HttpResponse:
    """Another way to approve than the PIN: a challenge for exactly this payment."""
    asked, method = opened(request), request.POST.get("method", "")
    if asked is None or method not in ApprovalMethod.values:
        return _ended(request)
    way = ApprovalMethod(method)
    if way is ApprovalMethod.PIN:
        return _reviewed(request, asked)
    try:
        challenge = ask_to_approve_movement(request=fresh(request, asked))
    except VaultCraftError as error:
        return _reviewed(request, asked, refusal=words_of(error), error=error)
    form = ApprovalForm(method=way, challenge=challenge.id)
    return _reviewed(request, asked, form=form, passkey_options=challenge.passkey_options or "")


@acts
@counted_as(RouteClass.MONEY)
def confirm(request: PersonRequest) -> HttpResponse:
    """Move the money, once, and show the receipt."""
    asked = opened(request)
    if asked is None:
        return _ended(request)
    try:
        outcome = execute_transfers([item_of(request, asked)])[0]
        if isinstance(outcome.error, ApprovalRequired):
            # Only now: a repeated click leads to the receipt and asks for nothing again.
            return _approved(request, asked)
    except Busy as error:
        return _again(request, asked, error)
    return _done(request, asked, outcome)


def _approved(request: PersonRequest, asked: Review) -> HttpResponse:
    """Check the proof that came along, if one did, and move the money with the approval."""
    form = posted_form(request)
    if form is None:
        return _reviewed(request, asked, status=403)
    if not form.is_valid():
        return _reviewed(request, asked, form=form, status=400)
    try:
        approval = approve_movement(request=fresh(request, asked), proof=proof_of(form))
    except VaultCraftError as error:
        # A code is good once, a challenge for five tries: by another way, or anew.
        kept = form.method is ApprovalMethod.PIN
        if kept:
            form.add_error("proof", words_of(error))
        return _reviewed(
            request,
            asked,
            form=form if kept else None,
            refusal="" if kept else words_of(error),
            error=error,
        )
    item = dataclasses.replace(item_of(request, asked), approval_id=approval.id)
    return _done(request, asked, execute_transfers([item])[0])


def _done(request: PersonRequest, asked: Review, outcome: TransferOutcome) -> HttpResponse:
    if outcome.pending_act is not None:
        return to_pending_act(request, outcome.pending_act)
    if outcome.transfer is None or outcome.error is not None:
        return _refused(request, asked, outcome)
    place = reverse("web:receipt", args=[encode("trf", outcome.transfer.id)])
    return HttpResponseRedirect(f"{place}?sent=1")


def _ended(request: PersonRequest) -> HttpResponse:
    """The review is not ours, not this session's, or too old."""
    with reading(request.actor):
        return _form_page(request, _form(request, initial={}), status=422, expired=True)


def _reviewed(
    request: PersonRequest,
    asked: Review,
    *,
    form: ApprovalForm | None = None,
    passkey_options: str = "",
    refusal: str = "",
    error: VaultCraftError | None = None,
    status: int = 200,
) -> HttpResponse:
    """The review once more, under its key, as the books would judge it now."""
    status = STATUS_OF_KIND[error.kind] if error else status
    with reading(request.actor):
        source = wallet_of(actor=request.actor, wallet=asked.source)
        rehearsal = rehearse_transfers([fresh(request, asked)])[0]
        waits = isinstance(rehearsal.error, DualControlRequired)
        if rehearsal.error is not None and not waits:
            return _refused(request, asked, TransferOutcome(None, rehearsal.error))
        demand = rehearsal.question.demand if rehearsal.question else None
        after = after_minor(rehearsal, asked, source)
        judged = Judged(asked, source, payee_of(asked.destination), after, demand, waits)
        ways = None
        if demand is not None:
            ways = approving(request, demand, form=form, passkey_options=passkey_options)
        return _review_page(request, judged, ways=ways, refusal=refusal, status=status)


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
    context |= network_notice(request)
    if "destination" not in form.errors:
        context |= payee_context(str(form["destination"].value() or ""))
    return page(request, "web/send.html", context, here="send", status=status)


def _review_page(
    request: PersonRequest,
    judged: Judged,
    *,
    ways: Approving | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    asked, source, found = judged.review, judged.source, judged.payee
    if ways is None and judged.demand is not None:
        ways = approving(request, judged.demand)
    fee_minor, currency = asked.fee_minor, source.currency
    context = {
        "refusal": refusal,
        "approving": ways,
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
            "token": asked.signed(request),
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
            judged = judge(request, form)
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
