"""The organization: its people, invitations and API keys."""

from __future__ import annotations

import dataclasses
import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.choices import KeyScope, Role
from accounts.models import ApiKey, Organization, PendingAct, User
from accounts.policy import (
    exemptions_of,
    may,
    may_grant,
    needs_strong_factor,
    permissions_to_issue,
)
from accounts.queries import (
    visible_api_keys,
    visible_invitations,
    visible_people,
)
from accounts.services import api_keys, invitations
from kernel import clock
from kernel.context import reading
from kernel.errors import NotFound, VaultCraftError
from kernel.ids import MalformedId, decode, encode
from kernel.links import absolute
from wallets.models.terms import CHARGEABLE
from wallets.queries import fee_schedules, limit_rules, visible_wallets
from web.doors import PersonRequest, acts, reads
from web.forms import ApiKeyForm, CapForm, FeeForm, InviteForm
from web.pages import page
from web.presenters.badges import Badge, organization_badge
from web.presenters.choices import country_name, currency_choices
from web.presenters.chrome import initials_of
from web.presenters.clearing import partner_rows
from web.presenters.terms import fee_rows, limit_rows
from web.presenters.whereabouts import network_notice
from web.refusals import STATUS_OF_KIND, explain, words_of
from web.views.countries import country_rule
from web.views.organization_rules import rules_of
from web.views.pending_acts import to_pending_act

MOST_PEOPLE = 300


@dataclasses.dataclass(frozen=True, slots=True)
class Secret:
    """Something that is shown once."""

    title: str
    detail: str
    value: str
    what: str


@reads
def overview(request: PersonRequest) -> HttpResponse:
    """Members, open invitations, keys: as much as the role may see."""
    return _page(request)


@acts
def invite(request: PersonRequest) -> HttpResponse:
    """Invite somebody. The link goes by mail; unless for an officer, another is shown once."""
    form = _invite_form(request, data=True)
    if not form.is_valid():
        return again(request, status=400, invite_form=form)
    try:
        _, token = invitations.invite(actor=request.actor, now=clock.now(), **form.cleaned_data)
    except VaultCraftError as error:
        explain(form, error)
        return again(request, status=STATUS_OF_KIND[error.kind], invite_form=form)
    if not token:
        messages.success(request, f"The link is on its way to {form.cleaned_data['email']}.")
        return HttpResponseRedirect(reverse("web:organization"))
    secret = Secret(
        title=f"Invitation for {form.cleaned_data['email']}",
        detail="It is mailed to them. This link does the same if you pass it on yourself: it opens "
        "for seven days and is not shown again.",
        value=absolute(reverse("web:join", args=[token])),
        what="invitation link",
    )
    return again(request, shown_once=secret)


@acts
def withdraw(request: PersonRequest, invitation_id: str) -> HttpResponse:
    """Close an invitation."""
    try:
        invitations.withdraw_invitation(
            actor=request.actor, invitation_id=_id("inv", invitation_id), now=clock.now()
        )
    except NotFound:
        messages.info(request, "This invitation was closed already.")
    else:
        messages.success(request, "The invitation is withdrawn.")
    return HttpResponseRedirect(reverse("web:organization"))


@acts
def issue_key(request: PersonRequest) -> HttpResponse:
    """Issue an API key; its secret is shown once."""
    form = _key_form(request, data=True)
    if not form.is_valid():
        return again(request, status=400, key_form=form)
    try:
        issued = api_keys.issue(actor=request.actor, now=clock.now(), **form.cleaned_data)
    except VaultCraftError as error:
        explain(form, error)
        return again(request, status=STATUS_OF_KIND[error.kind], key_form=form)
    if isinstance(issued, PendingAct):
        return to_pending_act(request, issued)
    secret = Secret(
        title=f"API key “{issued.key.name}”",
        detail="Copy it now. We keep only its hash, so it cannot be shown again.",
        value=issued.secret,
        what="API key",
    )
    return again(request, shown_once=secret)


@acts
def revoke_key(request: PersonRequest, key_id: str) -> HttpResponse:
    """Make a key useless at once."""
    try:
        key = api_keys.revoke(actor=request.actor, api_key_id=_id("key", key_id), now=clock.now())
    except VaultCraftError as error:
        messages.error(request, words_of(error))
    else:
        messages.success(request, f"Key “{key.name}” is revoked.")
    return HttpResponseRedirect(reverse("web:organization"))


def again(request: PersonRequest, *, status: int = 200, **given: Any) -> HttpResponse:
    """The page once more, after a form: with its errors, or with what is shown once."""
    with reading(request.actor):
        return _page(request, status=status, **given)


def _page(request: PersonRequest, *, status: int = 200, **given: Any) -> HttpResponse:
    organization, actor = request.user.organization, request.actor
    if organization is None:
        return HttpResponseRedirect(reverse("admin:accounts_organization_changelist"))
    people = visible_people(actor).filter(is_active=True).order_by("full_name")
    context: dict[str, Any] = {
        "organization": {
            "name": organization.name,
            "badge": organization_badge(organization.status),
            "country": country_name(organization.country),
            "base_currency": organization.base_currency,
            "since": organization.created_at,
        },
        "members": [_member(request, person) for person in people[:MOST_PEOPLE]],
        "invitations": _open_invitations(request),
        "show_keys": may(actor, "api_keys.read"),
        "show_webhooks": may(actor, "webhooks.read"),
        "keys": [_key(row) for row in visible_api_keys(actor)[:100]],
    }
    if may(actor, "ledger.read"):
        context["partners"] = partner_rows()
        context["show_partners"] = True
    if may(actor, "ledger.set_clearing_cap"):
        context["cap_form"] = CapForm(
            None,
            initial={"currency": organization.base_currency},
            currencies=currency_choices(),
            prefix="cap",
        )
    if may(actor, "wallets.read_terms"):
        context |= _terms(request, organization)
    context |= rules_of(request, organization) | country_rule(request)
    if needs_strong_factor(role=actor.role, platform_role=None):
        context |= network_notice(request)
    if may(actor, "members.invite"):
        context["invite_form"] = _invite_form(request)
    if may(actor, "api_keys.issue"):
        context["key_form"] = _key_form(request)
    return page(
        request, "web/organization.html", {**context, **given}, here="organization", status=status
    )


def _terms(request: PersonRequest, organization: Organization) -> dict[str, Any]:
    """Fees, and limits in the currencies that the organization's wallets hold."""
    wallets = visible_wallets(request.actor).order_by()
    held = set(wallets.values_list("currency_id", flat=True).distinct())
    limits = limit_rows(
        limit_rules(organization.id),
        organization_id=organization.id,
        currencies=held | {organization.base_currency},
    )
    context: dict[str, Any] = {
        "show_terms": True,
        "fees": fee_rows(fee_schedules(organization.id)),
        "limits": [row for row in limits if not row.tier],
        "tier_limits": [row for row in limits if row.tier],
        "timezone": str(organization.timezone),
    }
    if may(request.actor, "wallets.set_fees"):
        context["fee_form"] = fee_form(currency=organization.base_currency)
    return context


def fee_form(data: Any = None, **initial: Any) -> FeeForm:
    """The form of one fee, with the kinds that can be charged for."""
    return FeeForm(
        data,
        initial=initial,
        kinds=charged_kinds(),
        currencies=currency_choices(),
        prefix="fee",
    )


def charged_kinds() -> list[tuple[str, str]]:
    """What an organization may charge for."""
    return [(kind.value, kind.label) for kind in CHARGEABLE]


def _invite_form(request: PersonRequest, *, data: bool = False) -> InviteForm:
    return InviteForm(request.POST if data else None, roles=_roles(request), prefix="invite")


def _roles(request: PersonRequest) -> list[tuple[str, str]]:
    return [(value, label) for value, label in Role.choices if may_grant(request.actor, value)]


def _key_form(request: PersonRequest, *, data: bool = False) -> ApiKeyForm:
    scopes = [
        scope
        for scope in KeyScope
        if all(may(request.actor, permission) for permission in permissions_to_issue([scope]))
    ]
    return ApiKeyForm(request.POST if data else None, scopes=scopes, prefix="key")


def _member(request: PersonRequest, person: User) -> dict[str, Any]:
    manages = may(request.actor, "members.change_role") and may_grant(
        request.actor, person.role or ""
    )
    return {
        "id": encode("usr", person.id),
        "role_value": person.role,
        "roles": _roles(request) if manages and person.id != request.actor.id else [],
        "may_reset": manages and may(request.actor, "people.reset_factors"),
        "name": person.full_name,
        "email": person.email,
        "role": Role(person.role).label if person.role else "",
        "initials": initials_of(person.full_name),
        "you": person.id == request.actor.id,
    }


def _open_invitations(request: PersonRequest) -> list[dict[str, Any]]:
    rows = visible_invitations(request.actor).filter(
        accepted_at=None, withdrawn_at=None, expires_at__gt=clock.now()
    )
    may_withdraw = may(request.actor, "members.invite")
    return [
        {
            "email": row.email,
            "role": Role(row.role).label,
            "expires_at": row.expires_at,
            "withdraw_url": reverse("web:invitation-withdraw", args=[encode("inv", row.id)])
            if may_withdraw
            else "",
        }
        for row in rows[:50]
    ]


def _key(row: ApiKey) -> dict[str, Any]:
    revoked = row.revoked_at is not None
    return {
        "name": row.name,
        "prefix": row.prefix,
        "scopes": ", ".join(row.scopes),
        "exemptions": [one.label for one in exemptions_of(row.scopes)],
        "last_used_at": row.last_used_at,
        "badge": Badge("plain", "Revoked") if revoked else Badge("good", "Active"),
        "revocable": not revoked,
        "revoke_url": reverse("web:key-revoke", args=[encode("key", row.id)]),
    }


def _id(prefix: str, text: str) -> uuid.UUID:
    try:
        return decode(prefix, text)
    except MalformedId as error:
        raise NotFound() from error
