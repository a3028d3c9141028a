"""Dead letters once more into their consumers, or discarded, on the staff site."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.models import PendingAct
from accounts.policy import require_but_place
from events.consuming.replaying import Replayed
from events.models import FailedDelivery
from events.queries import Selection, dead_letters
from kernel import clock
from kernel.context import reading
from kernel.errors import VaultCraftError
from reporting.services.dead_letters import (
    MOST_CHARACTERS,
    REPLAY,
    discard_dead_letters,
    rehearse_replay,
    replay_dead_letters,
)
from web.forms import LineField
from web.refusals import words_of
from web.views.staff import actor_of, chosen_ids, draw
from web.views.staff_pending_acts import said

_LIST = "admin:events_faileddelivery_changelist"
_OUTCOMES = {"TAKEN": "would be taken", "ALREADY": "was taken meanwhile"}


class WhyForm(forms.Form):
    """Why it shall never have an effect."""

    reason = LineField(
        max_length=MOST_CHARACTERS, help_text="Kept on record; no names, no addresses."
    )


def replay_page(request: HttpRequest) -> HttpResponse:
    """Say what would come of the chosen dead letters now, then give them again.

    :raises StepUpRequired: unless a second factor was proven a short while ago.
    """
    actor, posted = actor_of(request), request.method == "POST"
    require_but_place(actor, REPLAY)
    chosen = Selection(ids=chosen_ids((request.POST if posted else request.GET).getlist("id")))
    try:
        if not posted:
            rehearsed = rehearse_replay(actor=actor, selection=chosen, now=clock.now())
            return _asked(request, rehearsed)
        done = replay_dead_letters(actor=actor, selection=chosen, now=clock.now())
    except VaultCraftError as error:
        messages.error(request, words_of(error))
    else:
        said(request, done, _counted(done))
    return HttpResponseRedirect(reverse(_LIST))


replay_page.reads_for_itself = True  # type: ignore[attr-defined] # see web.admin_site


def discard_page(request: HttpRequest) -> HttpResponse:
    """Ask for the reason, then let the chosen dead letters never have an effect.

    :raises StepUpRequired: unless a second factor was proven a short while ago.
    """
    actor, posted = actor_of(request), request.method == "POST"
    require_but_place(actor, REPLAY)
    chosen = Selection(ids=chosen_ids((request.POST if posted else request.GET).getlist("id")))
    form = WhyForm(request.POST if posted else None)
    if not posted or not form.is_valid():
        with reading(actor):
            context = {
                "title": "Discard dead letters",
                "lead": "They never have an effect. That cannot be taken back.",
                "form": form,
                "danger": True,
                "rows": [_row(one, _kind(one.error)) for one in dead_letters(chosen)],
                "back": _LIST,
            }
            return draw(request, "admin/confirm.html", context)
    reason = form.cleaned_data["reason"]
    try:
        done = discard_dead_letters(actor=actor, selection=chosen, reason=reason, now=clock.now())
    except VaultCraftError as error:
        messages.error(request, words_of(error))
    else:
        said(request, done, "Discarded.")
    return HttpResponseRedirect(reverse(_LIST))


def _asked(request: HttpRequest, rehearsed: Sequence[Replayed]) -> HttpResponse:
    with reading(actor_of(request)):
        context = {
            "title": "Give dead letters again",
            "lead": "Each has its effect once, however often it is given.",
            "form": forms.Form(),
            "rows": [_row(one.letter, _foreseen(one)) for one in rehearsed],
            "back": _LIST,
        }
        return draw(request, "admin/confirm.html", context)


def _row(letter: FailedDelivery, words: str) -> tuple[object, str, str]:
    return letter.id, f"{letter.name} for {letter.consumer}", words


def _foreseen(one: Replayed) -> str:
    """What would come of it; of an error the kind, for its words may quote a secret."""
    return _OUTCOMES.get(one.outcome) or f"would fail again: {_kind(one.error)}"


def _kind(error: str) -> str:
    return error.partition(":")[0]


def _counted(done: Sequence[Replayed] | PendingAct) -> str:
    if isinstance(done, PendingAct):
        return ""
    of = Counter(one.outcome for one in done)
    return f"Taken: {of['TAKEN']}. Failed again: {of['FAILED']}. Already taken: {of['ALREADY']}."
