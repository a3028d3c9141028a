"""Signing people out everywhere, from the staff site."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.policy import require
from accounts.queries import visible_people
from accounts.services.sessions import end_sessions_of_person
from kernel import clock
from kernel.context import reading
from kernel.errors import VaultCraftError
from web.refusals import words_of
from web.views.staff import actor_of, chosen_ids, draw


def end_sessions(request: HttpRequest) -> HttpResponse:
    """Confirm, then end every session of the chosen people, one use case each."""
    actor, posted = actor_of(request), request.method == "POST"
    require(actor, "sessions.revoke_any")
    chosen = chosen_ids((request.POST if posted else request.GET).getlist("id"))
    if not posted:
        with reading(actor):
            people = visible_people(actor).filter(id__in=chosen)
            rows = [(row.id, row.full_name, row.email) for row in people]
            context = {
                "title": "End all sessions",
                "lead": "They are signed out everywhere at once, and told by mail.",
                "form": forms.Form(),
                "rows": rows,
                "back": "admin:accounts_user_changelist",
            }
            return draw(request, "admin/confirm.html", context)
    for user_id in chosen:
        try:
            ended = end_sessions_of_person(actor=actor, user_id=user_id, now=clock.now())
        except VaultCraftError as error:
            messages.error(request, words_of(error))
        else:
            messages.success(request, f"Sessions ended: {ended}.")
    return HttpResponseRedirect(reverse("admin:accounts_user_changelist"))
