"""What is done about colleagues: roles, signing out, removing; and caps with partners."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.errors import InvalidProfile
from accounts.models import PendingAct
from accounts.services.factors.resetting import ask_for_factor_reset
from accounts.services.people import change_role, remove_member
from accounts.services.sessions import end_sessions_of_person
from kernel import clock
from kernel.context import reading
from kernel.errors import NotFound, PermissionDenied, VaultCraftError
from kernel.ids import MalformedId, decode
from kernel.money import parse_minor
from ledger.queries import currencies
from ledger.services.clearing import set_clearing_cap
from wallets.directory import look_up
from wallets.errors import DestinationNotFound
from web.doors import PersonRequest, acts
from web.forms import CapForm
from web.forms.people import FactorResetForm
from web.presenters.choices import currency_choices
from web.presenters.money import shown
from web.refusals import STATUS_OF_KIND, explain, words_of
from web.views.organization import again
from web.views.pending_acts import to_pending_act


@acts
def set_role(request: PersonRequest, user_id: str) -> HttpResponse:
    """Give a colleague another role; it counts from their next request on."""
    try:
        user = change_role(
            actor=request.actor,
            user_id=_id(user_id),
            role=request.POST.get("role", ""),
            now=clock.now(),
        )
    except VaultCraftError as error:
        messages.error(request, words_of(error))
    else:
        if isinstance(user, PendingAct):
            return to_pending_act(request, user)
        messages.success(request, f"{user.full_name} is {user.role} now.")
    return HttpResponseRedirect(reverse("web:organization"))


@acts
def remove(request: PersonRequest, user_id: str) -> HttpResponse:
    """Close a colleague's account; wallets and history stay."""
    try:
        user = remove_member(actor=request.actor, user_id=_id(user_id), now=clock.now())
    except VaultCraftError as error:
        messages.error(request, words_of(error))
    else:
        if isinstance(user, PendingAct):
            return to_pending_act(request, user)
        messages.success(request, f"{user.full_name} is removed and signed out everywhere.")
    return HttpResponseRedirect(reverse("web:organization"))


@acts
def ask_factor_reset(request: PersonRequest, user_id: str) -> HttpResponse:
    """Ask that a colleague's lost second factors are removed; somebody else has to agree."""
    form = FactorResetForm(request.POST)
    try:
        if not form.is_valid():
            raise InvalidProfile("Say how you made sure that it is they who ask.")
        act = ask_for_factor_reset(
            actor=request.actor,
            user_id=_id(user_id),
            reason=form.cleaned_data["reason"],
            now=clock.now(),
        )
    except VaultCraftError as error:
        messages.error(request, words_of(error))
        return HttpResponseRedirect(reverse("web:organization"))
    return to_pending_act(request, act)


@acts
def end_sessions(request: PersonRequest, user_id: str) -> HttpResponse:
    """Sign a colleague out everywhere, at once."""
    try:
        ended = end_sessions_of_person(actor=request.actor, user_id=_id(user_id), now=clock.now())
    except VaultCraftError as error:
        messages.error(request, words_of(error))
    else:
        sessions = "session is" if ended == 1 else "sessions are"
        messages.success(request, f"{ended} {sessions} ended. They were told by mail.")
    return HttpResponseRedirect(reverse("web:organization"))


@acts
def set_cap(request: PersonRequest) -> HttpResponse:
    """State how much may be owed between the organization and the owner of a wallet."""
    organization_id = request.actor.organization_id
    if organization_id is None:
        raise PermissionDenied()
    form = CapForm(request.POST, currencies=currency_choices(), prefix="cap")
    if not form.is_valid():
        return again(request, status=400, cap_form=form)
    try:
        said = _set(request, organization_id, form)
    except VaultCraftError as error:
        explain(form, error)
        return again(request, status=STATUS_OF_KIND[error.kind], cap_form=form)
    if isinstance(said, PendingAct):
        return to_pending_act(request, said)
    messages.success(request, said)
    return HttpResponseRedirect(reverse("web:organization"))


def _set(request: PersonRequest, organization_id: uuid.UUID, form: CapForm) -> str | PendingAct:
    asked = form.cleaned_data
    currency = currencies().get(code=asked["currency"])
    with reading(request.actor):
        found = look_up([asked["destination"]]).get(asked["destination"])
    if found is None:
        raise DestinationNotFound()
    cap_minor = 0
    if asked["amount"].strip("0.,"):
        cap_minor = parse_minor(text=asked["amount"], exponent=currency.exponent)
    cap = set_clearing_cap(
        actor=request.actor,
        organization_id=organization_id,
        counterparty_id=found.organization_id,
        currency=currency.code,
        cap_minor=cap_minor,
        now=clock.now(),
    )
    if isinstance(cap, PendingAct):
        return cap
    amount = shown(cap_minor, currency)
    return f"Your cap with {found.organization_name} is {amount}; the smaller of both sides counts."


def _id(text: str) -> uuid.UUID:
    try:
        return decode("usr", text)
    except MalformedId as error:
        raise NotFound() from error
