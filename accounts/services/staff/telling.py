"""Keeping what happens to staff, and telling it: to all super admins, and to the person.

Whoever did it is among the told, since it may have been somebody with their session.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from accounts.choices import MailKind, PlatformRole
from accounts.models import User
from accounts.services.mail import notify_security
from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.transactions import needs_transaction

# More than a platform has; the oldest accounts come first, which nobody new can push out.
_MOST_TOLD = 100
_WAITS = "It is closed, and opens once a second person has agreed."
_OPEN = "It is open."


@needs_transaction
def keep(*, actor: Actor, user: User, verb: str, happened: str, now: dt.datetime) -> None:
    """Record `accounts.staff.<verb>` and emit `accounts.staff.<happened>`."""
    record(
        actor=actor,
        action=f"accounts.staff.{verb}",
        subject_type="user",
        subject_id=user.id,
        metadata={"platform_role": user.platform_role},
        now=now,
    )
    emit(
        name=f"accounts.staff.{happened}",
        organization_id=None,
        subject_id=user.id,
        payload={"user_id": str(user.id), "platform_role": user.platform_role},
        actor=actor,
        now=now,
    )


@needs_transaction
def tell_of_added(*, actor: Actor, user: User, now: dt.datetime) -> None:
    """Mail that the person is of the staff now, or will be once a second person agrees."""
    words = {"outcome": _OPEN if user.is_active else _WAITS}
    _tell(actor=actor, user=user, kind=MailKind.STAFF_ADDED, variables=words, now=now)


@needs_transaction
def tell_of_role(*, actor: Actor, user: User, before: str | None, now: dt.datetime) -> None:
    """Mail that the person's role is another now, or that the account is open again.

    :param before: the role they had; None of an account that was closed.
    """
    words = {"before": PlatformRole(before).label if before else "a closed account"}
    _tell(actor=actor, user=user, kind=MailKind.STAFF_ROLE_CHANGED, variables=words, now=now)


@needs_transaction
def tell_of_closed(*, actor: Actor, user: User, now: dt.datetime) -> None:
    """Mail that the person's account is closed."""
    _tell(actor=actor, user=user, kind=MailKind.STAFF_CLOSED, variables={}, now=now)


@needs_transaction
def _tell(
    *, actor: Actor, user: User, kind: MailKind, variables: Mapping[str, str], now: dt.datetime
) -> None:
    admins = User.objects.filter(platform_role=PlatformRole.SUPER_ADMIN, is_active=True)
    words = {
        "who": actor.display,
        "person": user.full_name,
        "address": user.email,
        "role": PlatformRole(user.platform_role or "").label,
        **variables,
    }
    for one in [user, *admins.exclude(id=user.id).order_by("id")[:_MOST_TOLD]]:
        notify_security(actor=actor, user=one, kind=kind, variables=words, now=now)
