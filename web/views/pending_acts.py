"""Acts that wait for a second person: looking at them, and deciding."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.choices import PendingActState
from accounts.errors import PendingActNotFound, StepUpRequired
from accounts.models import PendingAct
from accounts.policy import may
from accounts.queries import visible_pending_acts
from accounts.services.pending_acts import agree, kind_of, reject, withdraw
from accounts.services.permits import KEY, open_permits
from kernel import clock
from kernel.actor import Actor
from kernel.context import reading
from kernel.errors import VaultCraftError
from kernel.ids import MalformedId, decode, encode
from web.doors import PersonRequest, acts, reads
from web.forms.pending_acts import DecisionForm
from web.pages import page
from web.pagination import window
from web.presenters.pending_acts import PREFIX, act_card, act_row
from web.refusals import words_of

_DONE = {
    PendingActState.AGREED: "Agreed, and done.",
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
    return page(request, "web/pending_acts.html", context, here="pending-acts")


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
            judge = agree if given["decision"] == "agree" else reject
            act = judge(actor=request.actor, act_id=_id(act_id), note=given["note"], now=now)
    except (PendingActNotFound, StepUpRequired):
        raise
    except VaultCraftError as error:
        messages.error(request, words_of(error))
    else:
        _say(request, act)
    return HttpResponseRedirect(reverse("web:pending-act", args=[act_id]))


def _say(request: PersonRequest, act: PendingAct) -> None:
    words = _DONE.get(PendingActState(act.state))
    if act.kind == KEY and act.state == PendingActState.AGREED:
        words = f"Agreed. {act.maker_display} can issue the key now."
    if words:
        messages.success(request, words)
    else:
        messages.error(request, "It was refused, so nothing has happened.")


def to_pending_act(request: PersonRequest, act: PendingAct) -> HttpResponse:
    """To the page of an act that waits now, saying so."""
    messages.info(request, "Nothing has happened yet: this waits for a second person.")
    return HttpResponseRedirect(reverse("web:pending-act", args=[encode(PREFIX, act.id)]))


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
        "permit": _permit(actor, act),
        "decide_url": reverse("web:pending-act-decide", args=[encode(PREFIX, act.id)]),
    }
    return page(request, "web/pending_act.html", context, here="pending-acts", status=status)


def _permit(actor: Actor, act: PendingAct) -> Mapping[str, Any] | None:
    """What its maker may issue now: the page of keys, which knows no end, issues those without."""
    is_own = actor.id == act.maker_id and actor.organization_id is not None
    if not is_own or not open_permits(now=clock.now()).filter(id=act.id).exists():
        return None
    facts: Mapping[str, Any] = act.facts
    return facts if facts["expires_at"] is None else None


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
