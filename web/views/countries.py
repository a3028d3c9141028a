"""From which countries an organization's people may move money, on its page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.policy import may, require_but_place
from accounts.queries import visible_country_policies
from accounts.services.networks import set_country_policy
from accounts.services.networks.countries import can_tell_countries, country_of
from kernel import clock
from kernel.context import reading
from kernel.errors import VaultCraftError
from web.doors import PersonRequest, acts
from web.forms.people import CountryForm, country_choices
from web.refusals import words_of

PERMISSION = "organizations.set_countries"


def country_rule(request: PersonRequest) -> dict[str, Any]:
    """What the page says of countries; nothing where they cannot be told apart and none is named.

    To be called inside `reading(actor)`.
    """
    known = can_tell_countries()
    if not may(request.actor, PERMISSION):
        return {}
    named = _named(request)
    if not (known or named):
        return {}
    names = dict(country_choices())
    here = country_of(request.actor.ip) if known and request.actor.ip else None
    rule = {
        "known": known,
        "rows": [(code, names.get(code, code)) for code in named],
        "here": names.get(here or "", ""),
    }
    return {"country_rule": rule, **({"country_form": CountryForm()} if known else {})}


@acts
def allow(request: PersonRequest) -> HttpResponse:
    """Let money move from one country more; the first one shuts out all others."""
    return _changed(request, lambda named, code: named | {code})


@acts
def drop(request: PersonRequest) -> HttpResponse:
    """Take one country away; with the last the rule is lifted.

    So it is where countries cannot be told apart any more: no list of them means anything there.
    """
    known = can_tell_countries()
    return _changed(request, lambda named, code: named - {code} if known else set())


def _changed(request: PersonRequest, change: Callable[[set[str], str], set[str]]) -> HttpResponse:
    require_but_place(request.actor, PERMISSION)
    form = CountryForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose a country of the list.")
        return _back()
    with reading(request.actor):
        named = set(_named(request))
    wanted = change(named, form.cleaned_data["country"])
    try:
        set_country_policy(actor=request.actor, countries=wanted, now=clock.now())
    except VaultCraftError as error:
        messages.error(request, words_of(error))
    else:
        messages.success(request, "It holds from now on.")
    return _back()


def _named(request: PersonRequest) -> list[str]:
    row = visible_country_policies(request.actor).first()
    return list(row.countries) if row else []


def _back() -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('web:organization')}#countries")
