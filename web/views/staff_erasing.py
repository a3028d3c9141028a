"""Erasing a removed person on the staff site: typed out, and with a factor just proven."""

from __future__ import annotations

import uuid

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.policy import require_but_place
from accounts.queries import visible_people
from accounts.services.erasing import shred_person
from kernel import clock
from kernel.actor import Actor
from kernel.context import reading
from kernel.errors import VaultCraftError
from kernel.ids import encode
from web.forms import LineField
from web.refusals import words_of
from web.views.staff import actor_of, chosen_ids, draw
from web.views.staff_pending_acts import said

ERASE = "people.shred"
_LEAD = (
    "Their name and address are replaced, and the keys of what is sealed for them are destroyed: "
    "nobody can read it any more, here or in any backup. It cannot be undone. The books and the "
    "audit records stay."
)
_STILL_ACTIVE = "They are active. Remove them from their organization first, or close the account."


class ErasingForm(forms.Form):
    """Nothing brings the data back, so whoever asks for it writes down whose it is."""

    confirmation = LineField(
        label="Id of the person",
        max_length=40,
        help_text="Copy it from above, to show that it is this person you mean.",
    )

    def __init__(self, *args: object, person: uuid.UUID, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type] # passed on
        self._person = encode("usr", person)

    def clean_confirmation(self) -> str:
        """The id as it stands on the page."""
        typed = str(self.cleaned_data["confirmation"])
        if typed != self._person:
            raise forms.ValidationError("That is not the id of this person.")
        return typed


def erase_page(request: HttpRequest) -> HttpResponse:
    """Ask for the id of one person, then erase them.

    :raises StepUpRequired: unless a second factor was proven a short while ago.
    """
    actor = actor_of(request)
    require_but_place(actor, ERASE)
    given = request.POST if request.method == "POST" else request.GET
    chosen = chosen_ids(given.getlist("id"))
    if len(chosen) != 1:
        messages.error(request, "Choose one person to erase.")
        return _back()
    if request.method != "POST":
        return _asked(request, actor, chosen[0], ErasingForm(person=chosen[0]))
    form = ErasingForm(request.POST, person=chosen[0])
    if not form.is_valid():
        return _asked(request, actor, chosen[0], form)
    _erase(request, actor, chosen[0])
    return _back()


def _asked(
    request: HttpRequest, actor: Actor, person: uuid.UUID, form: ErasingForm
) -> HttpResponse:
    with reading(actor):
        found = list(visible_people(actor).select_related("organization").filter(id=person))
        rows = [
            (row.id, row.full_name, f"{encode('usr', row.id)} · {row.organization or 'staff'}")
            for row in found
        ]
        active = any(row.is_active for row in found)
        context = {
            "title": "Erase a person",
            "lead": _STILL_ACTIVE if active else _LEAD,
            "blocked": active,
            "form": form,
            "rows": rows,
            "danger": True,
            "back": "admin:accounts_user_changelist",
        }
        return draw(request, "admin/confirm.html", context)


def _erase(request: HttpRequest, actor: Actor, person: uuid.UUID) -> None:
    try:
        done = shred_person(actor=actor, user_id=person, now=clock.now())
    except VaultCraftError as error:
        messages.error(request, words_of(error))
    else:
        said(request, done, "The person is erased.")


def _back() -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:accounts_user_changelist"))
