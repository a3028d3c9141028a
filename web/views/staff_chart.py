"""Renaming and closing general accounts on the staff site."""

from __future__ import annotations

import uuid

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.policy import require_but_place
from kernel import clock
from kernel.actor import Actor
from kernel.context import reading
from kernel.errors import VaultCraftError
from ledger.queries import accounts
from ledger.services.chart import close_account, rename_account
from web.forms import LineField
from web.refusals import explain, words_of
from web.views.staff import actor_of, chosen_ids, draw

MANAGE = "ledger.manage_chart"


class NameForm(forms.Form):
    """What the account is called."""

    name = LineField(max_length=100)


def rename_page(request: HttpRequest) -> HttpResponse:
    """Ask for the name of one account, then rename it."""
    actor = actor_of(request)
    require_but_place(actor, MANAGE)
    given = request.POST if request.method == "POST" else request.GET
    chosen = chosen_ids(given.getlist("id"))
    if len(chosen) != 1:
        messages.error(request, "Choose one account to rename.")
        return _back()
    form = NameForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _renamed(request, actor, chosen[0], form):
        return _back()
    return _asked(request, actor, chosen, title="Rename an account", form=form)


def close_page(request: HttpRequest) -> HttpResponse:
    """Confirm, then close each chosen account, one use case each."""
    actor = actor_of(request)
    require_but_place(actor, MANAGE)
    given = request.POST if request.method == "POST" else request.GET
    chosen = chosen_ids(given.getlist("id"))
    if request.method != "POST":
        return _asked(request, actor, chosen, title="Close accounts", form=forms.Form())
    for account_id in chosen:
        _close(request, actor, account_id)
    return _back()


def _asked(
    request: HttpRequest,
    actor: Actor,
    chosen: list[uuid.UUID],
    *,
    title: str,
    form: forms.Form,
) -> HttpResponse:
    with reading(actor):
        rows = [
            (row.id, row.name, f"{row.code} · {row.currency_id} · {row.get_status_display()}")
            for row in accounts().filter(id__in=chosen)
        ]
        context = {"title": title, "form": form, "rows": rows, "danger": True}
        return draw(request, "admin/confirm.html", context)


def _renamed(request: HttpRequest, actor: Actor, account_id: uuid.UUID, form: NameForm) -> bool:
    """Whether it has its new name; else the reason stands on the form."""
    try:
        account = rename_account(
            actor=actor, account_id=account_id, name=form.cleaned_data["name"], now=clock.now()
        )
    except VaultCraftError as error:
        explain(form, error)
        return False
    messages.success(request, f"{account.code} is called {account.name}.")
    return True


def _close(request: HttpRequest, actor: Actor, account_id: uuid.UUID) -> None:
    try:
        account = close_account(actor=actor, account_id=account_id, now=clock.now())
    except VaultCraftError as error:
        messages.error(request, words_of(error))
    else:
        messages.success(request, f"Account {account.code} is closed.")


def _back() -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:ledger_ledgeraccount_changelist"))
