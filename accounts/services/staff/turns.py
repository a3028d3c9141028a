"""Who changes staff takes turns, and what every change of them looks at first."""

from __future__ import annotations

import uuid

from django.db import connection

from accounts.choices import PlatformRole
from accounts.errors import LastStaff
from accounts.models import PendingAct, User
from accounts.services.runtime import fresh_value
from accounts.system import STAFF_DUAL_CONTROL
from kernel.actor import Actor, ActorKind
from kernel.errors import NotFound
from kernel.transactions import needs_transaction

MANAGE = "staff.manage"


def under_dual_control(actor: Actor) -> bool:
    """Whether the actor's acts on staff wait for another super admin."""
    return actor.kind is not ActorKind.SYSTEM and bool(fresh_value(STAFF_DUAL_CONTROL))


@needs_transaction
def take_turns() -> None:
    """Go on alone among those who change staff, until the commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('platform staff', 0))")


@needs_transaction
def take_turns_with_staff(_: PendingAct) -> None:
    """Deciding about a role of staff takes its turn before it locks people."""
    take_turns()


@needs_transaction
def of_staff(user_id: uuid.UUID) -> User:
    """A person of the staff, active or not; who changes staff takes turns until the commit.

    :raises NotFound: if there is none.
    """
    take_turns()
    user = User.objects.filter(id=user_id, platform_role__isnull=False).first()
    if user is None:
        raise NotFound("There is no such person.")
    return user


@needs_transaction
def check_not_last(user: User) -> None:
    """Go on only if a super admin is left without the person.

    :raises LastStaff: if none is.
    """
    if user.platform_role != PlatformRole.SUPER_ADMIN or not user.is_active:
        return
    others = User.objects.filter(platform_role=PlatformRole.SUPER_ADMIN, is_active=True)
    if not others.exclude(id=user.id).exists():
        raise LastStaff()
