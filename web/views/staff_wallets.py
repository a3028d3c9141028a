"""What staff may do to wallets: stop and release them, record money in and out of the bank."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.policy import require_but_place
from kernel import clock
from kernel.actor import Actor
from kernel.context import reading
from kernel.crypto import fingerprint
from kernel.errors import VaultCraftError
from kernel.ids import encode
from kernel.money import parse_minor
from wallets.models import Wallet
from wallets.queries import visible_wallets, wallet_of
from wallets.services.cash import deposit, withdraw
from wallets.services.references import reference_of
from wallets.services.transfers import TransferOutcome
from wallets.services.wallets import freeze_wallet, unfreeze_wallet
from web.forms import LineField, new_key, renew_key
from web.presenters.money import shown
from web.presenters.wallets import holder_of
from web.refusals import explain, words_of
from web.views.staff import ReasonForm, actor_of, chosen_ids, draw

_STATUS: dict[str, tuple[str, str, str, Callable[..., Wallet]]] = {
    "freeze": ("wallets.freeze", "Freeze wallets", "frozen", freeze_wallet),
    "unfreeze": ("wallets.unfreeze", "Unfreeze wallets", "active again", unfreeze_wallet),
}
_CASH: dict[str, tuple[str, Callable[..., TransferOutcome]]] = {
    "deposit": ("Record a deposit", deposit),
    "withdraw": ("Record a withdrawal", withdraw),
}


class CashForm(forms.Form):
    """What the bank statement says."""

    key = forms.CharField(max_length=64, widget=forms.HiddenInput)
    amount = forms.CharField(
        max_length=32, widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    )
    external_reference = LineField(
        label="Bank reference",
        max_length=120,
        help_text="As on the bank statement; each is taken once.",
    )
    description = LineField(max_length=140, required=False)
    value_date = forms.DateField(
        required=False,
        help_text="If it is not today's: the money counts from the beginning of this day in the"
        " organization's time zone.",
        widget=forms.DateInput(attrs={"type": "date"}),
    )


def status(request: HttpRequest) -> HttpResponse:
    """Ask for the reason, then freeze or unfreeze each chosen wallet."""
    actor = actor_of(request)
    given = request.POST if request.method == "POST" else request.GET
    change = given.get("change", "")
    if change not in _STATUS:
        return _back()
    permission, title, done, use_case = _STATUS[change]
    require_but_place(actor, permission)
    chosen = chosen_ids(given.getlist("id"))
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        for wallet_id in chosen:
            _change(request, actor, use_case, done, wallet_id, form.cleaned_data["reason"])
        return _back()
    with reading(actor):
        rows = [_row(wallet) for wallet in visible_wallets(actor).filter(id__in=chosen)]
        context = {"title": title, "form": form, "rows": rows, "change": change, "danger": True}
        return draw(request, "admin/confirm.html", context)


def cash(request: HttpRequest) -> HttpResponse:
    """Record one deposit or withdrawal for one wallet."""
    actor = actor_of(request)
    require_but_place(actor, "cash.move")
    given = request.POST if request.method == "POST" else request.GET
    change, chosen = given.get("change", ""), chosen_ids(given.getlist("id"))
    if change not in _CASH or len(chosen) != 1:
        messages.error(request, "Choose one wallet for a deposit or a withdrawal.")
        return _back()
    title, use_case = _CASH[change]
    with reading(actor):
        wallet = wallet_of(actor=actor, wallet=encode("wal", chosen[0]))
    form = CashForm(request.POST if request.method == "POST" else None, initial={"key": new_key()})
    if request.method == "POST" and form.is_valid():
        outcome = _move(actor, wallet, change, use_case, form)
        if outcome is not None and outcome.pending_act is not None:
            messages.success(request, f"{title}: it waits until a second person agrees.")
            return _back()
        if outcome is not None and outcome.transfer is not None:
            amount = shown(outcome.transfer.amount_minor, wallet.currency)
            messages.success(request, f"{title}: {amount}, wallet {wallet.handle}.")
            return _back()
    context = {"title": title, "form": form, "rows": [_row(wallet)], "change": change}
    return draw(request, "admin/confirm.html", context)


def _move(
    actor: Actor,
    wallet: Wallet,
    change: str,
    use_case: Callable[..., TransferOutcome],
    form: CashForm,
) -> TransferOutcome | None:
    """The outcome, or None with the reason on the form."""
    asked = form.cleaned_data
    effective_at = _beginning(asked["value_date"], wallet)
    try:
        amount_minor = parse_minor(text=asked["amount"], exponent=wallet.currency.exponent)
        outcome = use_case(
            actor=actor,
            wallet=wallet.handle,
            amount_minor=amount_minor,
            currency=wallet.currency_id,
            external_reference=asked["external_reference"],
            reference=reference_of(actor=actor, route=f"admin:{change}", key=asked["key"]),
            fingerprint=fingerprint(
                wallet.handle,
                str(amount_minor),
                asked["external_reference"],
                asked["description"],
                str(effective_at),
            ),
            now=clock.now(),
            description=asked["description"],
            effective_at=effective_at,
        )
    except VaultCraftError as error:
        explain(form, error)
        return None
    if outcome.error is not None:
        explain(form, outcome.error)
        renew_key(form)
        return None
    return outcome


def _beginning(day: dt.date | None, wallet: Wallet) -> dt.datetime | None:
    """The first instant of the day the bank names, or None."""
    if day is None:
        return None
    return clock.start_of_day(day, timezone=wallet.organization.timezone)


def _change(
    request: HttpRequest,
    actor: Actor,
    use_case: Callable[..., Wallet],
    done: str,
    wallet_id: uuid.UUID,
    reason: str,
) -> None:
    try:
        wallet = use_case(actor=actor, wallet_id=wallet_id, reason=reason, now=clock.now())
    except VaultCraftError as error:
        messages.error(request, words_of(error))
    else:
        messages.success(request, f"Wallet {wallet.handle} is {done}.")


def _row(wallet: Wallet) -> tuple[Any, str, str]:
    available = shown(wallet.account.available_minor, wallet.currency)
    words = f"{wallet.account.get_status_display()} · {available} available"
    return wallet.id, f"{wallet.handle}, {holder_of(wallet)}", words


def _back() -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:wallets_wallet_changelist"))
