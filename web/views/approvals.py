"""Approvals: what waits for a second person, deciding, and which acts take one."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.choices import PendingActState
from accounts.errors import PendingActNotFound, StepUpRequired
from accounts.models import PendingAct
from accounts.policy import may
from accounts.queries import visible_pending_acts
from accounts.services.approval_policies import set_approval_policy
from accounts.services.pending_acts import approve, kind_of, reject, withdraw
from kernel import clock
from kernel.actor import Actor
from kernel.context import reading
from kernel.errors import VaultCraftError
from kernel.ids import MalformedId, decode, encode
from kernel.money import parse_minor
from ledger.queries import currencies
from wallets.services.thresholds import set_approval_threshold
from web.doors import PersonRequest, acts, reads
from web.forms.second_person import DecisionForm, PolicyForm, ThresholdForm
from web.pages import page
from web.pagination import window
from web.presenters.approvals import PREFIX, act_card, act_row
from web.presenters.choices import currency_choices
from web.refusals import explain, words_of
from web.views.organization import again

_DONE = {
    PendingActState.APPROVED: "Approved, and done.",
    PendingActState.REJECTED: "Rejected. Nothing has happened.",
    PendingActState.WITHDRAWN: "Taken back. Nothing has happened.",
}


@reads
def overview(request: PersonRequest) -> HttpResponse:
    """What waits first, then what was decided, newest first; one's own for who may see no other."""
    now, rows = clock.now(), visible_pending_acts(request.actor)
    waiting = rows.filter(state=PendingActState.PENDING, expires_at__gt=now)
    found = window(
        request,
        rows.exclude(id__in=waiting.values("id")),
        field="id",
        parse=_id,
        render=lambda value: encode(PREFIX, value),
    )
    context = {
        "waiting": [act_row(act, now=now) for act in waiting.order_by("expires_at")[:100]],
        "rows": [act_row(act, now=now) for act in found.rows],
        "pager": found.pager,
    }
    return page(request, "web/approvals.html", context, here="approvals")


@reads
def detail(request: PersonRequest, act_id: str) -> HttpResponse:
    """One act in full."""
    return _detail(request, _act(request.actor, act_id), DecisionForm())


@acts
def decide(request: PersonRequest, act_id: str) -> HttpResponse:
    """Agree, refuse or take back; the page then says what came of it."""
    form = DecisionForm(request.POST)
    if not form.is_valid():
        with reading(request.actor):
            return _detail(request, _act(request.actor, act_id), form, status=400)
    given, now = form.cleaned_data, clock.now()
    try:
        if given["decision"] == "withdraw":
            act = withdraw(actor=request.actor, act_id=_id(act_id), now=now)
        else:
            judge = approve if given["decision"] == "approve" else reject
            act = judge(actor=request.actor, act_id=_id(act_id), note=given["note"], now=now)
    except (PendingActNotFound, StepUpRequired):
        raise
    except VaultCraftError as error:
        messages.error(request, words_of(error))
    else:
        _say(request, act)
    return HttpResponseRedirect(reverse("web:approval", args=[act_id]))


def _say(request: PersonRequest, act: PendingAct) -> None:
    words = _DONE.get(PendingActState(act.state))
    if words:
        messages.success(request, words)
    else:
        messages.error(request, "It was refused, so nothing has happened.")


@acts
def set_policy(request: PersonRequest) -> HttpResponse:
    """Say which acts take a second person."""
    form = PolicyForm(request.POST, prefix="policy")
    form.is_valid()
    try:
        done = set_approval_policy(actor=request.actor, now=clock.now(), **form.cleaned_data)
    except VaultCraftError as error:
        messages.error(request, words_of(error))
    else:
        if isinstance(done, PendingAct):
            return to_approval(request, done)
        messages.success(request, "It holds from now on.")
    return HttpResponseRedirect(f"{reverse('web:organization')}#approvals")


@acts
def set_threshold(request: PersonRequest) -> HttpResponse:
    """Say from which amount on payments take a second person."""
    form = ThresholdForm(request.POST, currencies=currency_choices(), prefix="threshold")
    if not form.is_valid():
        return again(request, status=400, threshold_form=form)
    try:
        done = set_approval_threshold(
            actor=request.actor, now=clock.now(), **_threshold(form.cleaned_data)
        )
    except VaultCraftError as error:
        explain(form, error)
        return again(request, status=422, threshold_form=form)
    if isinstance(done, PendingAct):
        return to_approval(request, done)
    messages.success(request, "It holds from now on.")
    return HttpResponseRedirect(f"{reverse('web:organization')}#approvals")


def _threshold(given: dict[str, Any]) -> dict[str, Any]:
    amount = given["amount"].strip()
    minor: int | None = None
    if amount:
        exponent = currencies().get(code=given["currency"]).exponent
        minor = parse_minor(text=amount, exponent=exponent) if amount.strip("0.,") else 0
    return {
        "currency": given["currency"],
        "threshold_minor": minor,
        "counts_keys": given["counts_keys"],
    }


def to_approval(request: PersonRequest, act: PendingAct) -> HttpResponse:
    """To the page of an act that waits now, saying so."""
    messages.info(request, "Nothing has happened yet: this waits for a second person.")
    return HttpResponseRedirect(reverse("web:approval", args=[encode(PREFIX, act.id)]))


def _detail(
    request: PersonRequest, act: PendingAct, form: DecisionForm, *, status: int = 200
) -> HttpResponse:
    actor, card = request.actor, act_card(act, now=clock.now())
    own = actor.id in (act.maker_id, act.maker_person_id)
    checks = may(actor, kind_of(act.kind).permission_to_check) and not own
    context = {
        "act": card,
        "form": form,
        "may_decide": card.row.waits and checks,
        "may_withdraw": card.row.waits and own,
        "decide_url": reverse("web:approval-decide", args=[encode(PREFIX, act.id)]),
    }
    return page(request, "web/approval.html", context, here="approvals", status=status)


def _act(actor: Actor, act_id: str) -> PendingAct:
    act = visible_pending_acts(actor).filter(id=_id(act_id)).first()
    if act is None:
        raise PendingActNotFound()
    return act


def _id(text: str) -> uuid.UUID:
    try:
        return decode(PREFIX, text)
    except MalformedId as error:
        raise PendingActNotFound() from error
