"""Giving a removed or demoted person a role back, on the staff site."""

from __future__ import annotations

import uuid

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.choices import Role
from accounts.models import User
from accounts.policy import require_but_place
from accounts.queries import visible_people
from accounts.services.restoring import RESTORE, ask_to_restore
from kernel import clock
from kernel.actor import Actor
from kernel.context import reading
from kernel.errors import VaultCraftError
from kernel.ids import encode
from web.refusals import words_of
from web.views.staff import actor_of, chosen_ids, draw
from web.views.staff_pending_acts import said

_LEAD = (
    "Their account opens with this role once another super admin agrees. Make sure first, by "
    "another way than mail, that it is they who ask. Nobody else is touched: end the sessions of "
    "whoever removed them, and take away what these have, on their own."
)


class RoleForm(forms.Form):
    """The role they get."""

    role = forms.ChoiceField(choices=Role.choices, initial=Role.OWNER)


def restore_page(request: HttpRequest) -> HttpResponse:
    """Ask for the role of one person, then leave it to wait for another super admin.

    :raises StepUpRequired: unless a second factor was proven a short while ago.
    """
    actor = actor_of(request)
    require_but_place(actor, RESTORE)
    given = request.POST if request.method == "POST" else request.GET
    chosen = chosen_ids(given.getlist("id"))
    if len(chosen) != 1:
        messages.error(request, "Choose one person.")
        return HttpResponseRedirect(reverse("admin:accounts_user_changelist"))
    form = RoleForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return _asked(request, actor, chosen[0], form)
    try:
        done = ask_to_restore(
            actor=actor, user_id=chosen[0], role=form.cleaned_data["role"], now=clock.now()
        )
    except VaultCraftError as error:
        messages.error(request, words_of(error))
    else:
        said(request, done, "")
    return HttpResponseRedirect(reverse("admin:accounts_user_changelist"))


def _now(person: User) -> str:
    """What they are, before what they become."""
    role = Role(person.role).label if person.role else "no role"
    return f"{role} now" if person.is_active else f"removed, {role} before"


def _asked(request: HttpRequest, actor: Actor, person: uuid.UUID, form: RoleForm) -> HttpResponse:
    with reading(actor):
        found = visible_people(actor).filter(id=person, organization__isnull=False)
        rows = [
            (row.id, row.full_name, f"{encode('usr', row.id)} · {row.organization} · {_now(row)}")
            for row in found
        ]
        context = {
            "title": "Ask to give a role back",
            "lead": _LEAD,
            "form": form,
            "rows": rows,
            "back": "admin:accounts_user_changelist",
        }
        return draw(request, "admin/confirm.html", context)
