"""People on the staff site: asking that lost second factors are reset."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.policy import require_but_place
from accounts.queries import visible_people
from accounts.services.factors.resetting import RESET, ask_for_factor_reset
from kernel import clock
from kernel.context import reading
from kernel.errors import VaultCraftError
from web.refusals import words_of
from web.views.staff import ReasonForm, actor_of, chosen_ids, draw


def reset_factors(request: HttpRequest) -> HttpResponse:
    """Say why, then leave one act for each person to wait for somebody else's consent."""
    actor = actor_of(request)
    require_but_place(actor, RESET)
    given = request.POST if request.method == "POST" else request.GET
    chosen = chosen_ids(given.getlist("id"))
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        for user_id in chosen:
            _ask(request, user_id, form.cleaned_data["reason"])
        return HttpResponseRedirect(reverse("admin:pending-acts"))
    with reading(actor):
        people = visible_people(actor).filter(id__in=chosen, is_active=True)
        rows = [(row.id, row.full_name, row.email) for row in people]
        context = {
            "title": "Ask to reset second factors",
            "lead": "Say how you made sure that it is they who ask. Nothing happens before "
            "a second person has agreed.",
            "form": form,
            "rows": rows,
            "back": "admin:accounts_user_changelist",
        }
        return draw(request, "admin/confirm.html", context)


def _ask(request: HttpRequest, user_id: uuid.UUID, reason: str) -> None:
    try:
        ask_for_factor_reset(
            actor=actor_of(request), user_id=user_id, reason=reason, now=clock.now()
        )
    except VaultCraftError as error:
        messages.error(request, words_of(error))
    else:
        messages.info(request, "Nothing has happened yet: this waits for a second person.")
