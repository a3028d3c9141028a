"""Stating what payments cost the organization's people."""

from __future__ import annotations

import decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.models import PendingAct
from accounts.policy import own_organization, require_but_place
from kernel import clock
from kernel.errors import Kind, VaultCraftError
from kernel.money import parse_minor
from ledger.queries import currencies
from wallets.choices import TransferKind
from wallets.services.terms import set_fee_schedule
from web.doors import PersonRequest, acts
from web.forms import FeeForm
from web.presenters.terms import fee_words
from web.refusals import STATUS_OF_KIND, explain
from web.views.organization import again, fee_form
from web.views.pending_acts import to_pending_act

_FIELDS = {"ceiling_minor": "ceiling", "bps": "percent"}


@acts
def set_fees(request: PersonRequest) -> HttpResponse:
    """Set one fee; it holds for everything confirmed from now on."""
    require_but_place(request.actor, "wallets.set_fees")
    organization_id = own_organization(request.actor)
    form = fee_form(request.POST)
    if not form.is_valid():
        return again(request, status=400, fee_form=form)
    try:
        schedule = set_fee_schedule(
            actor=request.actor,
            organization_id=organization_id,
            now=clock.now(),
            **fee_terms(form),
        )
    except VaultCraftError as error:
        explain_terms(form, error)
        return again(request, status=STATUS_OF_KIND[error.kind], fee_form=form)
    if isinstance(schedule, PendingAct):
        return to_pending_act(request, schedule)
    label = TransferKind(schedule.kind).label
    words = fee_words(schedule)
    messages.success(request, f"{label} in {schedule.currency_id}: {words}.")
    return HttpResponseRedirect(f"{reverse('web:organization')}#fees")


def fee_terms(form: FeeForm) -> dict[str, Any]:
    """What the service takes, in minor units of the chosen currency.

    :raises InvalidAmount: for an amount that is none.
    """
    given = form.cleaned_data
    exponent = exponent_of(given["currency"])
    percent = given["percent"] or decimal.Decimal(0)
    ceiling = given["ceiling"]
    return {
        "kind": TransferKind(given["kind"]),
        "currency": given["currency"],
        "fixed_minor": minor_or_zero(given["fixed"], exponent),
        "bps": int(percent * 100),
        "floor_minor": minor_or_zero(given["floor"], exponent),
        "ceiling_minor": minor_or_zero(ceiling, exponent) if ceiling else None,
    }


def explain_terms(form: Any, error: VaultCraftError) -> None:
    """Show the refusal beside the field it names."""
    pointed = (error.pointer or "").rpartition("/")[2]
    field = _FIELDS.get(pointed, pointed)
    if error.kind is Kind.FORBIDDEN or field not in form.fields:
        explain(form, error)
    else:
        form.add_error(field, error.detail)


def exponent_of(currency: str) -> int:
    """Digits after the point."""
    return next(row.exponent for row in currencies() if row.code == currency)


def minor_or_zero(text: str, exponent: int) -> int:
    """Minor units of an amount that may be empty or zero.

    :raises InvalidAmount: for a text that is no amount.
    """
    if not text.strip().strip("0.,"):
        return 0
    return parse_minor(text=text, exponent=exponent)
