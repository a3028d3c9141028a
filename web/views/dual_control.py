"""Dual control: an organization says which of its acts take a second person."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.models import PendingAct
from accounts.policy import require_but_place
from accounts.services.dual_control import set_dual_control_policy
from kernel import clock
from kernel.errors import VaultCraftError
from ledger.queries import currencies
from wallets.services.thresholds import set_dual_control_threshold
from web.doors import PersonRequest, acts
from web.forms.fields import minor_of
from web.forms.rules import PolicyForm, ThresholdForm
from web.presenters.choices import currency_choices
from web.refusals import explain, words_of
from web.views.organization import again
from web.views.pending_acts import to_pending_act


@acts
def set_policy(request: PersonRequest) -> HttpResponse:
    """Say which acts take a second person."""
    require_but_place(request.actor, "dual_control.set_policy")
    form = PolicyForm(request.POST, prefix="policy")
    form.is_valid()
    try:
        done = set_dual_control_policy(actor=request.actor, now=clock.now(), **form.cleaned_data)
    except VaultCraftError as error:
        messages.error(request, words_of(error))
    else:
        if isinstance(done, PendingAct):
            return to_pending_act(request, done)
        messages.success(request, "It holds from now on.")
    return HttpResponseRedirect(f"{reverse('web:organization')}#dual-control")


@acts
def set_threshold(request: PersonRequest) -> HttpResponse:
    """Say from which amount on payments take a second person."""
    require_but_place(request.actor, "dual_control.set_policy")
    form = ThresholdForm(request.POST, currencies=currency_choices(), prefix="threshold")
    if not form.is_valid():
        return again(request, status=400, threshold_form=form)
    try:
        done = set_dual_control_threshold(
            actor=request.actor, now=clock.now(), **_threshold(form.cleaned_data)
        )
    except VaultCraftError as error:
        explain(form, error)
        return again(request, status=422, threshold_form=form)
    if isinstance(done, PendingAct):
        return to_pending_act(request, done)
    messages.success(request, "It holds from now on.")
    return HttpResponseRedirect(f"{reverse('web:organization')}#dual-control")


def _threshold(given: dict[str, Any]) -> dict[str, Any]:
    amount = given["amount"].strip()
    minor: int | None = None
    if amount:
        exponent = currencies().get(code=given["currency"]).exponent
        minor = minor_of(amount, exponent=exponent)
    return {
        "currency": given["currency"],
        "threshold_minor": minor,
        "counts_keys": given["counts_keys"],
    }
