"""Opening, closing and withdrawing periods of the books on the staff site."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.policy import require_but_place
from accounts.queries import visible_organizations
from kernel import clock
from kernel.actor import Actor
from kernel.context import reading
from kernel.errors import VaultCraftError
from ledger.queries import periods
from ledger.services.periods import close_period, open_period, withdraw_period
from web.refusals import explain, words_of
from web.views.staff import actor_of, chosen_ids, draw

MANAGE = "ledger.manage_periods"


class PeriodForm(forms.Form):
    """Whose books, and the last day of the period."""

    organization = forms.ChoiceField()
    closes_on = forms.DateField(
        label="Last day",
        help_text="In the organization's time zone. The period begins where the last one ended.",
        widget=forms.DateInput(attrs={"type": "date"}),
    )


def open_page(request: HttpRequest) -> HttpResponse:
    """Ask for the last day, then open the period."""
    actor = actor_of(request)
    require_but_place(actor, MANAGE)
    with reading(actor):
        organizations = visible_organizations(actor).order_by("display_name")
        choices = [(str(row.id), row.display_name) for row in organizations]
    form = PeriodForm(request.POST if request.method == "POST" else None)
    form.fields["organization"].choices = choices  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid() and _opened(request, actor, form):
        return _back()
    return draw(request, "admin/open_period.html", {"title": "Open a period", "form": form})


def close_page(request: HttpRequest) -> HttpResponse:
    """Confirm, then close each chosen period, one use case each."""
    return _each(request, title="Close periods", use_case=close_period)


def withdraw_page(request: HttpRequest) -> HttpResponse:
    """Confirm, then withdraw each chosen period, one use case each."""
    return _each(request, title="Withdraw periods", use_case=withdraw_period)


def _each(request: HttpRequest, *, title: str, use_case: Callable[..., Any]) -> HttpResponse:
    actor = actor_of(request)
    require_but_place(actor, MANAGE)
    given = request.POST if request.method == "POST" else request.GET
    chosen = chosen_ids(given.getlist("id"))
    if request.method == "POST":
        for period_id in chosen:
            _done(request, actor, period_id, use_case)
        return _back()
    with reading(actor):
        rows = [
            (row.id, f"To {row.closes_on}", f"{row.organization} · {row.get_state_display()}")
            for row in periods().filter(id__in=chosen).select_related("organization")
        ]
        context = {"title": title, "form": forms.Form(), "rows": rows, "danger": True}
        return draw(request, "admin/confirm.html", context)


def _opened(request: HttpRequest, actor: Actor, form: PeriodForm) -> bool:
    (organization_id,) = chosen_ids([form.cleaned_data["organization"]])
    try:
        period = open_period(
            actor=actor,
            organization_id=organization_id,
            closes_on=form.cleaned_data["closes_on"],
            now=clock.now(),
        )
    except VaultCraftError as error:
        explain(form, error)
        return False
    messages.success(request, f"The period to {period.closes_on} is open.")
    return True


def _done(
    request: HttpRequest, actor: Actor, period_id: uuid.UUID, use_case: Callable[..., Any]
) -> None:
    try:
        period = use_case(actor=actor, period_id=period_id, now=clock.now())
    except VaultCraftError as error:
        messages.error(request, words_of(error))
    else:
        word = period.get_state_display().lower()
        messages.success(request, f"The period to {period.closes_on} is {word}.")


def _back() -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:ledger_period_changelist"))
