"""One page for everything that protects an account, made of parts."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from accounts import policy
from accounts.choices import FactorMethod, Role
from accounts.factor_resets import waits_for_a_factor
from accounts.queries import visible_people
from accounts.services.factors import factors_of
from accounts.services.factors.settling import counts_from
from kernel import clock
from kernel.context import reading
from web import steps
from web.doors import PersonRequest, reads, safe_next
from web.pages import page
from web.presenters.factors import factor_facts
from web.presenters.whereabouts import device_facts, network_facts, session_facts
from web.views.security.pin import pin_facts


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """One section: its template, and what fills it, read inside `reading(actor)`."""

    template: str
    facts: Callable[[PersonRequest], dict[str, Any]]


PARTS = (
    Part("web/security/password.html", lambda _: {}),
    Part("web/security/factors.html", factor_facts),
    Part("web/security/pin.html", pin_facts),
    Part("web/security/networks.html", network_facts),
    Part("web/security/devices.html", device_facts),
    Part("web/security/sessions.html", session_facts),
)


@reads
def overview(request: PersonRequest) -> HttpResponse:
    """Everything that protects this account."""
    context: dict[str, Any] = {"parts": [part.template for part in PARTS]}
    for part in PARTS:
        context |= part.facts(request)
    return page(request, "web/security.html", context, here="security")


@reads
def set_up(request: PersonRequest) -> HttpResponse:
    """Lead somebody whose role needs a strong factor to their first."""
    wanted = safe_next(request, request.GET.get("next", ""))
    user = request.user
    lost = waits_for_a_factor(reset_at=user.factors_reset_at, renewed_at=user.factors_renewed_at)
    context = {"wanted": wanted, "lost": lost}
    return page(request, "web/security/set_up.html", context, here="security")


@reads
def officers(request: PersonRequest) -> HttpResponse:
    """Why an act takes an app or a passkey that counts, and how and when this person has one."""
    wanted, now = safe_next(request, request.GET.get("next", "")), clock.now()
    user, since = request.user, factors_of(request.user.id).counting_from
    mailed = user.platform_role is not None and request.second_factor == FactorMethod.EMAIL
    context = {
        "wanted": wanted,
        "counts_from": since,
        "counts": since is not None and since <= now,
        "first_would_count_from": counts_from(user=user, session_id=request.session_id, now=now),
        "now": now,
        "mailed": mailed,
        "ask": _whom_to_ask(request),
        "confirm_url": steps.address(
            reverse("web:security-sign-in-anew" if mailed else "web:step-up"), wanted
        ),
    }
    return page(request, "web/security/officers.html", context, here="security")


def _whom_to_ask(request: PersonRequest) -> str:
    """Who may ask that this person's lost factors are reset (`accounts...factors.resetting`)."""
    user = request.user
    if user.platform_role is not None:
        return "two super admins"
    if user.role != Role.OWNER:
        return "an owner"
    others = visible_people(request.actor).filter(is_active=True, role=Role.OWNER)
    return "another owner" if others.exclude(id=user.id).exists() else "the platform’s staff"


@reads
def sign_in_anew(request: PersonRequest) -> HttpResponse:
    """Staff who came in by a code by e-mail show the factor they have added at a new sign-in."""
    wanted = safe_next(request, request.GET.get("next", ""))
    return page(request, "web/security/sign_in_anew.html", {"wanted": wanted}, here="security")


def proving_address(person: PersonRequest, *, wanted: str) -> str:
    """Where somebody signed in proves enough for the staff site, or gets what it takes."""
    with reading(person.actor):
        has_strong = factors_of(person.user.id).is_strong
    enough_by_mail = policy.proof_opens_admin(
        platform_role=person.user.platform_role, second_factor="email"
    )
    if has_strong and not enough_by_mail and person.second_factor == FactorMethod.EMAIL:
        return steps.address(reverse("web:security-sign-in-anew"), wanted)
    place = "web:step-up" if has_strong or enough_by_mail else "web:security-set-up"
    return steps.address(reverse(place), wanted)
