"""Sending money: details, review of amount and payee, confirmation.

The idempotency key is minted when the form is drawn and travels, signed together with all that was
reviewed, to the confirmation: what is confirmed is what was shown, and a repeated click, a reload
or a lost answer leads to the same transfer.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from django.core import signing
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
from wallets.errors import CurrencyDiffers, DestinationNotFound, SameWallet, WalletNotFound
from wallets.models import Wallet
from wallets.policy import may_debit
from wallets.queries import Payee, payee_of, visible_wallets, wallet_of
from wallets.services.references import reference_of
from wallets.services.transfers import TransferOutcome, TransferRequest, execute_transfers
from web.doors import PersonRequest, acts, checks, reads
from web.forms import SendForm, new_key
from web.ownership import near_wallets
from web.pages import page
from web.presenters.chrome import initials_of
from web.presenters.money import shown
from web.presenters.wallets import holder_of, source_choices
from web.refusals import explain, sentence_of

ROUTE = "web:send"
REVIEW_SECONDS = 15 * 60
_SALT = "web.send.review"
MOST_SOURCES = 200


@dataclasses.dataclass(frozen=True, slots=True)
class Review:
    """What the payer is asked to confirm."""

    key: str
    source: str
    destination: str
    amount_minor: int
    currency: str
    description: str
    amount_text: str

    def sealed(self, request: PersonRequest) -> str:
        """Signed for this person's session; nobody can change or reuse it elsewhere."""
        body = {**dataclasses.asdict(self), "session": str(request.session_id)}
        return signing.dumps(body, salt=_SALT, compress=True)


def _opened(request: PersonRequest) -> Review | None:
    """The review a form brought back; None when it is not ours, not this session's, or too old."""
    try:
        sealed = request.POST.get("review", "")
        body: dict[str, Any] = signing.loads(sealed, salt=_SALT, max_age=REVIEW_SECONDS)
    except signing.BadSignature:
        return None
    if body.pop("session") != str(request.session_id):
        return None
    return Review(**body)


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
    return page(request, "web/send_payee.html", _payee(request.GET.get("destination", "")), here="")


@checks
def review(request: PersonRequest) -> HttpResponse:
    """Judge the form; show amount and payee for confirmation."""
    require(request.actor, "transfers.create")
    form = _form(request, data=True)
    if not form.is_valid():
        return _form_page(request, form, status=400)
    try:
        source, found, amount_minor = _judged(request, form)
    except VaultCraftError as error:
        explain(form, error)
        return _form_page(request, form, status=422)
    asked = Review(
        key=form.cleaned_data["key"],
        source=source.handle,
        destination=found.handle,
        amount_minor=amount_minor,
        currency=source.currency_id,
        description=form.cleaned_data["description"],
        amount_text=form.cleaned_data["amount"],
    )
    return _review_page(request, asked, source, found)


@checks
def edit(request: PersonRequest) -> HttpResponse:
    """Back to the form with everything still in it."""
    asked = _opened(request)
    return _form_page(request, _form(request, initial=_given(asked) if asked else {}))


@acts
def confirm(request: PersonRequest) -> HttpResponse:
    """Move the money, once, and show the receipt."""
    asked = _opened(request)
    if asked is None:
        with reading(request.actor):
            return _form_page(request, _form(request, initial={}), status=422, expired=True)
    try:
        outcome = _carried_out(request, asked)
    except Busy as error:
        return _again(request, asked, error)
    if outcome.transfer is None or outcome.error is not None:
        return _refused(request, asked, outcome)
    place = reverse("web:receipt", args=[encode("trf", outcome.transfer.id)])
    return HttpResponseRedirect(f"{place}?sent=1")


def _carried_out(request: PersonRequest, asked: Review) -> TransferOutcome:
    item = TransferRequest(
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
            asked.currency,
            asked.description,
        ),
        now=clock.now(),
        description=asked.description,
    )
    return execute_transfers([item])[0]


def _judged(request: PersonRequest, form: SendForm) -> tuple[Wallet, Payee, int]:
    """What can be told before asking the books; they judge again, under their locks."""
    source = wallet_of(actor=request.actor, wallet=form.cleaned_data["source"])
    amount_minor = parse_minor(text=form.cleaned_data["amount"], exponent=source.currency.exponent)
    try:
        found = payee_of(form.cleaned_data["destination"].strip())
    except WalletNotFound as error:
        raise DestinationNotFound() from error
    if found.handle == source.handle:
        raise SameWallet()
    if found.currency != source.currency_id:
        raise CurrencyDiffers()
    if amount_minor > source.account.available_minor:
        raise InsufficientFunds()
    return source, found, amount_minor


def _sources(request: PersonRequest) -> list[Wallet]:
    actor = request.actor
    wallets = near_wallets(actor, visible_wallets(actor)).order_by("id")[:MOST_SOURCES]
    return [
        wallet
        for wallet in wallets
        if may_debit(actor, organization_id=wallet.organization_id, owner_id=wallet.owner_id)
    ]


def _form(
    request: PersonRequest, *, data: bool = False, initial: dict[str, str] | None = None
) -> SendForm:
    return SendForm(
        request.POST if data else None,
        initial={"key": new_key(), **(initial or {})},
        sources=source_choices(_sources(request)),
        payee_url=reverse("web:payee"),
    )


def _given(asked: Review) -> dict[str, str]:
    return {
        "source": asked.source,
        "destination": asked.destination,
        "amount": asked.amount_text,
        "description": asked.description,
    }


def _payee(handle: str) -> dict[str, Any]:
    if not handle.strip():
        return {}
    try:
        found = payee_of(handle.strip())
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
    typed = str(form["destination"].value() or "")
    context = {"form": form, "expired": expired, "failed_url": failed_url}
    if "destination" not in form.errors:
        context |= _payee(typed)
    return page(request, "web/send.html", context, here="send", status=status)


def _review_page(
    request: PersonRequest,
    asked: Review,
    source: Wallet,
    found: Payee,
    *,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    after = source.account.available_minor - asked.amount_minor
    context = {
        "refusal": refusal,
        "review": {
            "amount": shown(asked.amount_minor, source.currency),
            "payee_name": found.holder_name,
            "payee_organization": found.organization_name,
            "destination_handle": found.handle,
            "source_name": holder_of(source),
            "source_handle": source.handle,
            "description": asked.description,
            "available_after": shown(after, source.currency),
            "token": asked.sealed(request),
        },
    }
    return page(request, "web/review.html", context, here="send", status=status)


def _again(request: PersonRequest, asked: Review, error: Busy) -> HttpResponse:
    """Nothing was written: offer the same confirmation, with the same key."""
    with reading(request.actor):
        source = wallet_of(actor=request.actor, wallet=asked.source)
        words = sentence_of(code=error.code).words
        found = payee_of(asked.destination)
        return _review_page(request, asked, source, found, refusal=words, status=503)


def _refused(request: PersonRequest, asked: Review, outcome: TransferOutcome) -> HttpResponse:
    """Back to the form, the reason beside its field; under a fresh key, as this one is spent."""
    failed = outcome.transfer
    with reading(request.actor):
        form = SendForm(
            {"key": new_key(), **_given(asked)},
            sources=source_choices(_sources(request)),
            payee_url=reverse("web:payee"),
        )
        form.is_valid()
        if outcome.error is not None and not form.errors:
            explain(form, outcome.error)
        return _form_page(
            request,
            form,
            status=422,
            failed_url=reverse("web:transfer", args=[encode("trf", failed.id)]) if failed else "",
        )
