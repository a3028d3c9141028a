"""Telling an organization's owners what somebody did in its name."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping

from accounts.choices import MailKind, Role
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
