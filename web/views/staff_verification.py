"""Reviewing an identity on the staff site: masked until asked for, every look on record."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.errors import FactorsLatelyReset, NetworkNotTrusted
from accounts.policy import may, require
from kernel import clock
from kernel.actor import Actor
from kernel.context import reading
from kernel.errors import VaultCraftError
from kernel.rates.admission import admit
from kernel.rates.table import RouteClass
from kyc.choices import CaseState, Reason, Verdict
from kyc.errors import ReasonMissing
from kyc.models import Case
from kyc.policy import MAX_NOTE, REASONS, WAITING_STATES
from kyc.queries import case_of, checks_of, decisions_of, documents_of, tier_of
from kyc.services.details import Details
from kyc.services.revealing import OPEN, masked_details, open_document, reveal_details
from kyc.services.reviewing import (
    REVIEW,
    approve_case,
    ask_for_more,
    reject_case,
    withdraw_approval,
)
from web.forms.verification import DecisionForm
from web.presenters.choices import country_name
from web.presenters.verification import check_rows, document_rows, masked_pairs
from web.refusals import explain, words_of
from web.views.staff import actor_of, chosen_ids, draw

_DECISIONS: dict[str, tuple[Verdict, str, str, Callable[..., Case]]] = {
    "approve": (Verdict.APPROVED, "kyc.approve", "Approve", approve_case),
    "more": (Verdict.MORE_INFO, REVIEW, "Ask for more", ask_for_more),
    "reject": (Verdict.REJECTED, REVIEW, "Reject", reject_case),
    "withdraw": (Verdict.WITHDRAWN, "kyc.approve", "Withdraw the approval", withdraw_approval),
}
_QUEUE = "admin:kyc_case_changelist"


def review(request: HttpRequest) -> HttpResponse:
    """One case: what is known of it, and the decisions that the actor may take."""
    actor = actor_of(request)
    require(actor, REVIEW, stopping=True)
    given = request.POST if request.method == "POST" else request.GET
    chosen = chosen_ids(given.getlist("id")[:1])
    if not chosen:
        return HttpResponseRedirect(reverse(_QUEUE))
    if request.method != "POST":
        return _page(request, actor, chosen[0])
    return _act(request, actor, chosen[0], given.get("change", ""))


def _act(request: HttpRequest, actor: Actor, case_id: uuid.UUID, change: str) -> HttpResponse:
    if change in ("open", "reveal"):
        return _looked(request, actor, case_id, change)
    if change not in _DECISIONS:
        return HttpResponseRedirect(reverse(_QUEUE))
    form = _form(change, request.POST)
    if form.is_valid() and _decided(request, actor, case_id, change, form):
        return HttpResponseRedirect(reverse(_QUEUE))
    with reading(actor):
        return _page(request, actor, case_id, forms={change: form})


def _looked(request: HttpRequest, actor: Actor, case_id: uuid.UUID, change: str) -> HttpResponse:
    """What is sealed, in clear; or the page again, which says what it takes.

    Counted as such besides: it is one of several things that are posted to this page.
    """
    admit(actor=actor, route=RouteClass.REVEALS)
    reason, now = request.POST.get("reason", ""), clock.now()
    try:
        if change == "open":
            wanted = chosen_ids([request.POST.get("document", "")])
            document_id = wanted[0] if wanted else case_id
            file = open_document(actor=actor, document_id=document_id, reason=reason, now=now)
            return HttpResponse(file.content, headers=file.headers)
        details = reveal_details(actor=actor, case_id=case_id, reason=reason, now=now)
    except (ReasonMissing, NetworkNotTrusted, FactorsLatelyReset) as error:
        messages.error(request, words_of(error))
        details = None
    with reading(actor):
        return _page(request, actor, case_id, revealed=details)


def _decided(
    request: HttpRequest, actor: Actor, case_id: uuid.UUID, change: str, form: DecisionForm
) -> bool:
    """Whether it is decided; else the page says why not: its form may not be offered any more."""
    _, _, title, use_case = _DECISIONS[change]
    try:
        use_case(actor=actor, case_id=case_id, now=clock.now(), **form.cleaned_data)
    except VaultCraftError as error:
        if error.pointer:
            explain(form, error)
        else:
            messages.error(request, words_of(error))
        return False
    messages.success(request, f"{title}: done.")
    return True


def _page(
    request: HttpRequest,
    actor: Actor,
    case_id: uuid.UUID,
    *,
    revealed: Details | None = None,
    forms: dict[str, DecisionForm] | None = None,
) -> HttpResponse:
    """Inside `reading(actor)`."""
    case = case_of(actor=actor, case_id=case_id)
    context: dict[str, Any] = {
        "title": f"Verification of {case.user}",
        "case": case,
        "country": country_name(case.country),
        "tier_now": tier_of(case.user_id).label,
        "pairs": masked_pairs(case, masked_details(case)),
        "revealed": revealed,
        "documents": [(document.id, row) for document, row in _documents(case)],
        "checks": check_rows(checks_of(case)),
        "decisions": list(decisions_of(case)),
        "forms": [
            (change, _DECISIONS[change][2], (forms or {}).get(change) or _form(change, None))
            for change in _offered(actor, case)
        ],
        "queue_url": reverse(_QUEUE),
        "waits": case.state in WAITING_STATES,
        "may_look": may(actor, OPEN if case.state in WAITING_STATES else "kyc.approve"),
        "longest_reason": MAX_NOTE,
    }
    return draw(request, "admin/case_review.html", context)


def _documents(case: Case) -> list[Any]:
    documents = list(documents_of(case))
    return list(zip(documents, document_rows(documents), strict=True))


def _offered(actor: Actor, case: Case) -> list[str]:
    """The decisions that fit the case's state and the actor's role, about somebody else."""
    if actor.id == case.user_id:
        return []
    waiting = ("approve", "more", "reject") if case.state in WAITING_STATES else ()
    ended = ("withdraw",) if case.state == CaseState.APPROVED else ()
    return [change for change in (*waiting, *ended) if may(actor, _DECISIONS[change][1])]


def _form(change: str, data: Any) -> DecisionForm:
    reasons = sorted(REASONS[_DECISIONS[change][0]] - {Reason.DETAILS_CLEARED})
    return DecisionForm(data, reasons=reasons, auto_id=f"id_{change}_%s")
