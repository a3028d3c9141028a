"""The organization's own settings: its time zone and its wallet policy."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.policy import own_organization, require_but_place
from accounts.queries import timezone_of
from kernel import clock
from kernel.context import reading
from kernel.errors import VaultCraftError
from ledger.services.timezones import set_timezone
from wallets.services.policies import set_wallet_policy
from web.doors import PersonRequest, acts
from web.forms.rules import HouseForm
from web.refusals import STATUS_OF_KIND, explain
from web.views.organization import again


@acts
def set_house(request: PersonRequest) -> HttpResponse:
    """Set what differs; each is an act of its own, with its own record."""
    actor, now = request.actor, clock.now()
    require_but_place(actor, "organizations.manage")
    form = HouseForm(request.POST, prefix="house")
    if not form.is_valid():
        return again(request, status=400, house_form=form)
    given = form.cleaned_data
    with reading(actor):
        moves = timezone_of(own_organization(actor)) != given["timezone"]
    try:
        if moves:
            set_timezone(actor=actor, timezone=given["timezone"], now=now)
        set_wallet_policy(
            actor=actor, per_kind=given["per_kind"], members_open=given["members_open"], now=now
        )
    except VaultCraftError as error:
        explain(form, error)
        return again(request, status=STATUS_OF_KIND[error.kind], house_form=form)
    messages.success(request, "It holds from now on.")
    return HttpResponseRedirect(f"{reverse('web:organization')}#house")
