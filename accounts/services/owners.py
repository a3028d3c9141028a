"""Telling an organization's owners, and super admins, what somebody did that they should know."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping

from accounts.choices import MailKind, PlatformRole, Role
from accounts.models import Organization, User
from accounts.services.mail import notify_security
from kernel.actor import Actor
from kernel.transactions import needs_transaction

_MOST_TOLD = 20


@needs_transaction
def tell_owners(
    *,
    actor: Actor,
    organization_id: uuid.UUID,
    kind: MailKind,
    variables: Mapping[str, str],
    now: dt.datetime,
) -> None:
    """Mail every owner, who did it among them: it may have been somebody with their session.

    The template has `who` and `organization` besides the variables, `at` and `ip`.
    """
    organization = Organization.objects.get(id=organization_id)
    words = {"who": actor.display, "organization": organization.display_name, **variables}
    owners = User.objects.filter(organization_id=organization_id, role=Role.OWNER, is_active=True)
    for owner in owners.order_by("id")[:_MOST_TOLD]:
        notify_security(actor=actor, user=owner, kind=kind, variables=words, now=now)


@needs_transaction
def tell_of_less(*, actor: Actor, organization_id: uuid.UUID, what: str, now: dt.datetime) -> None:
    """Mail the owners that a check holds less than before."""
    tell_owners(
        actor=actor,
        organization_id=organization_id,
        kind=MailKind.CHECKS_LOOSENED,
        variables={"what": what},
        now=now,
    )


@needs_transaction
def tell_of_officer(*, actor: Actor, user: User, now: dt.datetime) -> None:
    """Mail the owners that somebody became an owner, an admin, or of the finance team."""
    if user.organization_id is None:
        return
    tell_owners(
        actor=actor,
        organization_id=user.organization_id,
        kind=MailKind.OFFICER_MADE,
        variables={"person": user.full_name, "role": Role(user.role or "").label},
        now=now,
    )


@needs_transaction
def tell_of_removed(*, actor: Actor, user: User, now: dt.datetime) -> None:
    """Mail the person and the owners that the person is removed, and what to do about it."""
    _tell_person_and_owners(actor=actor, user=user, kind=MailKind.MEMBER_REMOVED, now=now)


@needs_transaction
def tell_of_restored(*, actor: Actor, user: User, now: dt.datetime) -> None:
    """Mail the person and the owners that the person has a role again."""
    _tell_person_and_owners(actor=actor, user=user, kind=MailKind.MEMBER_RESTORED, now=now)


@needs_transaction
def tell_of_closed(*, actor: Actor, user: User, now: dt.datetime) -> None:
    """Mail a person of the staff, and all super admins, that the person's account is closed."""
    admins = User.objects.filter(platform_role=PlatformRole.SUPER_ADMIN, is_active=True)
    told = [user, *admins.exclude(id=user.id).order_by("id")[:_MOST_TOLD]]
    words = {
        "who": actor.display,
        "person": user.full_name,
        "role": PlatformRole(user.platform_role or "").label,
    }
    for one in told:
        notify_security(actor=actor, user=one, kind=MailKind.STAFF_CLOSED, variables=words, now=now)


@needs_transaction
def _tell_person_and_owners(*, actor: Actor, user: User, kind: MailKind, now: dt.datetime) -> None:
    organization = user.organization
    if organization is None:
        return
    owners = organization.people.filter(role=Role.OWNER, is_active=True).exclude(id=user.id)
    words = {
        "who": actor.display,
        "organization": organization.display_name,
        "person": user.full_name,
        "role": Role(user.role or "").label,
    }
    for one in [user, *owners.order_by("id")[:_MOST_TOLD]]:
        notify_security(actor=actor, user=one, kind=kind, variables=words, now=now)
