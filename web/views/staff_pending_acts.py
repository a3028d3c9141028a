"""The staff site's work queue: what waits for a second person, and deciding."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.choices import PendingActState
from accounts.errors import PendingActNotFound
from accounts.models import PendingAct
from accounts.policy import may
from accounts.queries import visible_pending_acts
from accounts.services.pending_acts import agree, kind_of, reject, withdraw
from kernel import clock
from kernel.actor import Actor
from kernel.context import reading
from kernel.errors import VaultCraftError
from web.forms.fields import LineField
from web.presenters.pending_acts import act_card, act_row
from web.refusals import words_of
from web.views.staff import actor_of, chosen_ids, draw

MOST_SHOWN = 200
_DECISIONS = {"agree": agree, "reject": reject}


class NoteForm(forms.Form):
    """Why: kept with the act."""

    note = LineField(max_length=200, required=False, help_text="Kept with the act.")


def said(request: HttpRequest, done: object, words: str) -> None:
    """Say that it is done, or that it waits for a second person."""
    if isinstance(done, PendingAct):
        messages.info(request, "Nothing has happened yet: this waits for a second person.")
    else:
        messages.success(request, words)


def queue(request: HttpRequest) -> HttpResponse:
    """Everything in view that waits, what ends soonest first."""
    actor, now = actor_of(request), clock.now()
    with reading(actor):
        rows = visible_pending_acts(actor).filter(state=PendingActState.PENDING, expires_at__gt=now)
        acts = rows.select_related("organization").order_by("expires_at")[:MOST_SHOWN]
        listed = [
            (act_row(act, now=now), str(act.organization or "Platform"), _may(actor, act))
            for act in acts
        ]
        return draw(request, "admin/pending_acts.html", {"title": "Pending acts", "rows": listed})


def decide(request: HttpRequest) -> HttpResponse:
    """Look at one act, then agree, refuse or take it back.

    :raises BadRequest: for any other decision.
    """
    actor, now = actor_of(request), clock.now()
    given = request.POST if request.method == "POST" else request.GET
    (act_id,) = chosen_ids([given.get("id", "")]) or (None,)
    form = NoteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and act_id is not None and form.is_valid():
        decision = given.get("decision", "")
        if decision not in (*_DECISIONS, "withdraw"):
            raise BadRequest("There is no such decision")
        try:
            if decision == "withdraw":
                act = withdraw(actor=actor, act_id=act_id, now=now)
            else:
                act = _DECISIONS[decision](
                    actor=actor, act_id=act_id, note=form.cleaned_data["note"], now=now
                )
        except VaultCraftError as error:
            messages.error(request, words_of(error))
        else:
            messages.info(request, f"The act is {act.get_state_display().lower()}.")
        return HttpResponseRedirect(reverse("admin:pending-acts"))
    with reading(actor):
        found = visible_pending_acts(actor).filter(id=act_id).first() if act_id else None
        if found is None:
            raise PendingActNotFound()
        context = {
            "title": kind_of(found.kind).title,
            "act": act_card(found, now=now),
            "form": form,
            "may": _may(actor, found),
        }
        return draw(request, "admin/pending_act.html", context)


def _may(actor: Actor, act: PendingAct) -> str:
    """What the actor may do about it: decide, withdraw, or nothing."""
    if actor.id in (act.maker_id, act.maker_person_id):
        return "withdraw"
    return "decide" if may(actor, kind_of(act.kind).permission_to_check) else ""
