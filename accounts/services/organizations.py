"""Registering, activating and suspending organizations."""

from __future__ import annotations

import dataclasses
import datetime as dt
import secrets
import uuid

from django.contrib.auth.hashers import make_password
from django.db import connection
from django.utils.text import slugify

from accounts import policy
from accounts.actors import as_user
from accounts.choices import MailKind, OrganizationStatus, Role
from accounts.errors import EmailTaken, IllegalOrganizationStatus, RegistrationClosed
from accounts.models import Organization, User
from accounts.rules import (
    check_password_strength,
    checked_country,
    checked_currency,
    checked_timezone,
    cleaned_name,
    normalized_email,
)
from accounts.services.approvals.policies import default_over_minor
from accounts.services.confirming import mail_confirmation_link
from accounts.services.founding import found
from accounts.services.lookups import (
    insert_organization,
    insert_user,
    locked_organization,
    save_timezone,
    view_of_newcomer,
)
from accounts.services.mail import ask_for_mail
from accounts.services.networks.noting import note_network
from accounts.services.networks.standing import from_known_network
from accounts.services.runtime import value_of
from accounts.system import REGISTRATION_OPEN
from audit.services import record
from events.services import emit
from kernel.actor import Actor, ActorKind
from kernel.ids import new_id
from kernel.transactions import needs_transaction, opens_transaction

ACTIVATE = "organizations.activate"
_DISPLAY_LENGTH = 80


@dataclasses.dataclass(frozen=True, slots=True)
class Registration:
    """A pending organization and its first owner, who may sign in at once."""

    organization: Organization
    owner: User


def register_organization(
    *,
    actor: Actor,
    organization_name: str,
    country: str,
    base_currency: str,
    owner_email: str,
    owner_name: str,
    password: str,
    now: dt.datetime,
    timezone: str = "UTC",
) -> Registration:
    """Make a pending organization and its first owner. Open to anybody while registration is.

    The owner is mailed a link that confirms the address, and until then may look and nothing else.
    Whoever has the address already is told by mail that somebody tried.

    Emits `accounts.organization.registered`; records `accounts.organization.register` by the owner.

    :param timezone: IANA name.
    :raises InvalidProfile: on a name, address, country, currency or time zone that is none.
    :raises WeakPassword: if the password is refused.
    :raises EmailTaken: if the address signs somebody in already.
    :raises RegistrationClosed: while no organizations are taken.
    """
    if actor.kind is ActorKind.ANONYMOUS and not value_of(REGISTRATION_OPEN):
        raise RegistrationClosed()
    organization = _organization(
        name=cleaned_name(organization_name, pointer="/organization_name"),
        country=checked_country(country),
        base_currency=checked_currency(base_currency),
        timezone=checked_timezone(timezone),
        now=now,
    )
    check_password_strength(password, own=(organization_name, owner_name, owner_email))
    owner = User(
        email=normalized_email(owner_email),
        full_name=cleaned_name(owner_name, pointer="/owner_name"),
        password=make_password(password),  # slow on purpose, so before the transaction
        organization=organization,
        role=Role.OWNER,
        created_at=now,
    )
    try:
        _register(
            actor=actor,
            organization_id=organization.id,
            organization=organization,
            owner=owner,
            now=now,
        )
    except EmailTaken:
        kind = MailKind.REGISTRATION_ATTEMPTED
        ask_for_mail(actor=actor, kind=kind, email=owner.email, now=now)
        raise
    return Registration(organization, owner)


def _organization(
    *, name: str, country: str, base_currency: str, timezone: str, now: dt.datetime
) -> Organization:
    return Organization(
        id=new_id(),
        name=name,
        display_name=name[:_DISPLAY_LENGTH].rstrip(),
        country=country,
        timezone=timezone,
        base_currency=base_currency,
        approval_over_minor=default_over_minor(base_currency),
        created_at=now,
    )


@opens_transaction(context=view_of_newcomer)
def _register(
    *,
    actor: Actor,
    organization_id: uuid.UUID,
    organization: Organization,
    owner: User,
    now: dt.datetime,
) -> None:
    organization.slug = _free_slug(organization.name)
    insert_organization(organization)
    insert_user(owner)
    mail_confirmation_link(actor=actor, user=owner, now=now)
    note_network(actor=actor, user_id=owner.id, now=now)
    found(organization_id=organization.id, base_currency=organization.base_currency, now=now)
    _tell(
        actor=as_user(actor=actor, user=owner),
        organization=organization,
        verb="register",
        happened="registered",
        now=now,
    )


@needs_transaction
def _free_slug(name: str) -> str:
    """A slug nobody has; two who want the same at once take turns until the commit."""
    slug = slugify(name)[:60] or "organization"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"slug:{slug}"])
    if Organization.objects.filter(slug=slug).exists():
        slug = f"{slug}-{secrets.token_hex(4)}"
    return slug


@from_known_network(ACTIVATE)
@opens_transaction
def activate_organization(
    *, actor: Actor, organization_id: uuid.UUID, now: dt.datetime
) -> Organization:
    """Let a pending or suspended organization move money. Locks its row.

    Emits `accounts.organization.activated`; records `accounts.organization.activate`.

    :raises PermissionDenied: unless the actor carries `organizations.activate`.
    :raises NotFound: if there is no such organization.
    :raises IllegalOrganizationStatus: if it is active already.
    :raises NetworkNotTrusted: if the actor is on a network that is new to them.
    """
    policy.require(actor, ACTIVATE)
    organization = locked_organization(organization_id)
    if organization.status == OrganizationStatus.ACTIVE:
        raise IllegalOrganizationStatus("The organization is active already.")
    organization.status = OrganizationStatus.ACTIVE
    organization.activated_at = organization.activated_at or now
    organization.save(update_fields=["status", "activated_at"])
    _tell(actor=actor, organization=organization, verb="activate", happened="activated", now=now)
    return organization


@opens_transaction
def suspend_organization(
    *, actor: Actor, organization_id: uuid.UUID, reason: str, now: dt.datetime
) -> Organization:
    """Stop an active organization: its people, sessions and keys are refused. Locks its row.

    Emits `accounts.organization.suspended`; records `accounts.organization.suspend` with the
    reason.

    :raises PermissionDenied: unless the actor carries `organizations.suspend`.
    :raises NotFound: if there is no such organization.
    :raises IllegalOrganizationStatus: unless it is active.
    """
    policy.require(actor, "organizations.suspend")
    organization = locked_organization(organization_id)
    if organization.status != OrganizationStatus.ACTIVE:
        raise IllegalOrganizationStatus("Only an active organization can be suspended.")
    organization.status = OrganizationStatus.SUSPENDED
    organization.save(update_fields=["status"])
    _tell(
        actor=actor,
        organization=organization,
        verb="suspend",
        happened="suspended",
        now=now,
        reason=reason,
    )
    return organization


@needs_transaction
def change_timezone(
    *, actor: Actor, organization_id: uuid.UUID, timezone: str, now: dt.datetime
) -> Organization:
    """Write another time zone. Whether the books allow it is theirs to judge. Locks the row.

    Records `accounts.organization.set_timezone`, emits `accounts.organization.timezone_set`.

    :raises InvalidProfile: if there is no such time zone, also for PostgreSQL.
    """
    organization = locked_organization(organization_id)
    before, organization.timezone = organization.timezone, checked_timezone(timezone)
    save_timezone(organization)
    facts: dict[str, object] = {"before": before, "timezone": timezone}
    record(
        actor=actor,
        action="accounts.organization.set_timezone",
        subject_type="organization",
        subject_id=organization_id,
        organization_id=organization_id,
        metadata=facts,
        now=now,
    )
    emit(
        name="accounts.organization.timezone_set",
        organization_id=organization_id,
        subject_id=organization_id,
        payload=facts,
        actor=actor,
        now=now,
    )
    return organization


@needs_transaction
def _tell(
    *,
    actor: Actor,
    organization: Organization,
    verb: str,
    happened: str,
    now: dt.datetime,
    reason: str | None = None,
) -> None:
    record(
        actor=actor,
        action=f"accounts.organization.{verb}",
        subject_type="organization",
        subject_id=organization.id,
        organization_id=organization.id,
        metadata={"reason": reason} if reason else {},
        now=now,
    )
    emit(
        name=f"accounts.organization.{happened}",
        organization_id=organization.id,
        subject_id=organization.id,
        payload={
            "organization_id": str(organization.id),
            "name": organization.name,
            "status": organization.status,
        },
        actor=actor,
        now=now,
    )
