"""Proving who one is: tiers and limits, details, documents, sending in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.policy import own_organization, require
from kernel import clock
from kernel.context import reading
from kernel.errors import NotFound, VaultCraftError
from kernel.ids import MalformedId, decode
from kernel.rates.table import RouteClass
from kyc.choices import CaseState, IdType, Tier
from kyc.models import Case
from kyc.queries import current_case, documents_of, may_edit, missing_documents, tier_of
from kyc.services.applying import save_details, submit_case
from kyc.services.details import Details
from kyc.services.documents import add_document, withdraw_document
from kyc.services.revealing import masked_details, open_own_document, reveal_own_details
from wallets.queries import limit_rules
from web.doors import PersonRequest, acts, counted_as, reads
from web.forms.verification import DocumentForm, IdentityForm, tier_choices
from web.pages import page
from web.presenters.verification import (
    document_rows,
    masked_pairs,
    reason_words,
    state_badge,
    steps,
    tier_cards,
)
from web.refusals import explain, words_of

_HERE = "verification"


@reads
def overview(request: PersonRequest) -> HttpResponse:
    """What each tier allows, where one stands, and the next step."""
    require(request.actor, "kyc.apply")
    own_organization(request.actor)
    return _page(request)


@acts
def save(request: PersonRequest) -> HttpResponse:
    """Keep the details."""
    with reading(request.actor):
        tiers = tier_choices(tier_of(request.user.id))
    form = IdentityForm(request.POST, tiers=tiers)
    if form.is_valid():
        given = form.cleaned_data
        tier = Tier(given.pop("tier"))
        details = Details(**{**given, "id_type": IdType(given["id_type"])})
        try:
            save_details(actor=request.actor, details=details, tier=tier, now=clock.now())
        except VaultCraftError as error:
            explain(form, error)
        else:
            messages.success(request, "Your details are saved.")
            return _back()
    return _again(request, identity_form=form)


@acts
@counted_as(RouteClass.UPLOADS)
def upload(request: PersonRequest) -> HttpResponse:
    """Keep a document."""
    form = DocumentForm(request.POST, request.FILES)
    if form.is_valid():
        sent: UploadedFile[Any] = form.cleaned_data["file"]
        try:
            add_document(
                actor=request.actor,
                kind=form.cleaned_data["kind"],
                content=sent.read(),
                name=sent.name or "",
                announced=sent.content_type or "",
                now=clock.now(),
            )
        except VaultCraftError as error:
            explain(form, error)
        else:
            messages.success(request, "Your document is uploaded.")
            return _back()
    return _again(request, document_form=form)


@acts
def withdraw(request: PersonRequest, document_id: str) -> HttpResponse:
    """Take a document back."""
    wanted = _document(document_id)
    withdraw_document(actor=request.actor, document_id=wanted, now=clock.now())
    messages.success(request, "The document is deleted.")
    return _back()


@acts
def submit(request: PersonRequest) -> HttpResponse:
    """Send it in."""
    try:
        submit_case(actor=request.actor, now=clock.now())
    except VaultCraftError as error:
        messages.error(request, words_of(error))
    else:
        messages.success(request, "Sent in. We will write to you when it is decided.")
    return _back()


@acts
@counted_as(RouteClass.REVEALS)
def reveal(request: PersonRequest) -> HttpResponse:
    """One's own details in clear, once; nothing keeps the page."""
    details = reveal_own_details(actor=request.actor, now=clock.now())
    with reading(request.actor):
        return _page(request, revealed=details)


@acts
@counted_as(RouteClass.REVEALS)
def open_one(request: PersonRequest, document_id: str) -> HttpResponse:
    """One's own document, as a download."""
    file = open_own_document(
        actor=request.actor, document_id=_document(document_id), now=clock.now()
    )
    return HttpResponse(file.content, headers=file.headers)


def _page(request: PersonRequest, *, status: int = 200, **given: Any) -> HttpResponse:
    """Inside `reading(actor)`."""
    actor, case, tier = request.actor, current_case(request.actor), tier_of(request.user.id)
    organization = request.user.organization
    assert organization is not None  # staff were turned away before
    documents = list(documents_of(case)) if case else []
    tiers = tier_choices(tier)
    context: dict[str, Any] = {
        "tier": tier.label,
        "tiers": tier_cards(
            tier, limit_rules(organization.id), currency=organization.base_currency
        ),
        "case": case,
        "done": not tiers,
        **_case(case, documents),
        "steps": steps(case if _is_under_way(case) else None, documents=len(documents)),
        "identity_form": _identity_form(case, tiers)
        if may_edit(case) or _may_begin(case)
        else None,
        "document_form": DocumentForm() if may_edit(case) else None,
    }
    assert actor.organization_id == organization.id
    return page(request, "web/verification.html", {**context, **given}, here=_HERE, status=status)


def _case(case: Case | None, documents: list[Any]) -> dict[str, Any]:
    if case is None:
        return {}
    return {
        "badge": state_badge(case),
        "asked": Tier(case.tier).label,
        "reason": reason_words(case),
        "pairs": masked_pairs(case, masked_details(case)),
        "documents": document_rows(documents),
        "missing": [kind.label for kind in missing_documents(case)],
        "editable": may_edit(case),
        "needs_documents": case.tier == Tier.FULL,
    }


def _identity_form(case: Case | None, tiers: Any) -> IdentityForm | None:
    """Empty but for what is no secret: what was sealed is not put back into a page."""
    if not tiers:
        return None
    initial = {"country": "IN", "tier": tiers[-1][0]}
    if case is not None and may_edit(case):
        initial = {"country": case.country, "tier": str(case.tier), "id_type": case.id_type}
    return IdentityForm(initial=initial, tiers=tiers)


def _may_begin(case: Case | None) -> bool:
    return case is None or case.state in (CaseState.APPROVED, CaseState.REJECTED)


def _is_looked_at(case: Case | None) -> bool:
    return _is_under_way(case) and not may_edit(case)


def _is_under_way(case: Case | None) -> bool:
    return case is not None and not _may_begin(case)


def _again(request: PersonRequest, **forms: Any) -> HttpResponse:
    """The page with what was wrong."""
    with reading(request.actor):
        return _page(request, status=422, **forms)


def _document(text: str) -> Any:
    try:
        return decode("doc", text)
    except MalformedId as error:
        raise NotFound() from error


def _back() -> HttpResponse:
    return HttpResponseRedirect(reverse("web:verification"))
