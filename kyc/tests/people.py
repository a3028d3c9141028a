"""People who prove who they are, through the real services."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from typing import Any

from accounts.models import User
from accounts.services.staff import create_staff
from audit.models import AuditRecord
from kernel.actor import Actor, Door, system
from kernel.context import reading
from kyc.choices import IdType, Tier
from kyc.models import Case, Standing
from kyc.services.applying import save_details, submit_case
from kyc.services.details import Details
from kyc.services.documents import add_document
from kyc.services.reviewing import approve_case
from kyc.tasks import screen_waiting
from kyc.tests.files import jpeg
from tests.proof import proven_actor
from tests.world import NOW, PASSWORD, World

PASSPORT = "N1234567"
_numbers = itertools.count(1)


def root() -> Actor:
    return system(door=Door.TASK, request_id="test")


def staff(platform_role: str) -> Actor:
    """Somebody of the platform's staff."""
    user = create_staff(
        actor=root(),
        email=f"{platform_role}{next(_numbers)}@platform.test",
        full_name=platform_role.title(),
        platform_role=platform_role,
        password=PASSWORD,
        now=NOW,
    )
    return proven_actor(user=user, door=Door.ADMIN, request_id="test")


def details(**changes: Any) -> Details:
    """Somebody with an Indian passport."""
    given: dict[str, Any] = {
        "legal_name": "Alice D'Souza-Rao",
        "date_of_birth": dt.date(1990, 2, 28),
        "country": "IN",
        "id_type": IdType.PASSPORT,
        "id_number": PASSPORT,
    }
    return Details(**(given | changes))


def begun(world: World, user: User, *, tier: Tier = Tier.FULL, **changes: Any) -> Case:
    """A draft with details."""
    return save_details(actor=world.actor(user), details=details(**changes), tier=tier, now=NOW)


def uploaded(world: World, user: User, content: bytes | None = None, **more: Any) -> Any:
    """A photo of the passport, or another file."""
    given: dict[str, Any] = {"kind": "id_front", "content": content or jpeg(), "now": NOW}
    return add_document(actor=world.actor(user), **(given | more))


def submitted(world: World, user: User, *, tier: Tier = Tier.FULL, **changes: Any) -> Case:
    """A case that was sent in."""
    begun(world, user, tier=tier, **changes)
    if tier is Tier.FULL:
        uploaded(world, user, jpeg(words=f"{user.email} {changes}"))
    return submit_case(actor=world.actor(user), now=NOW)


def screened(world: World, user: User, **more: Any) -> Case:
    """A case that was sent in and that the sandbox was asked about."""
    case = submitted(world, user, **more)
    screen_waiting()
    return now_of(case)


def verified(world: World, user: User, *, tier: Tier = Tier.FULL, **more: Any) -> Case:
    """Somebody with a tier, as an admin of the platform gave it."""
    case = submitted(world, user, tier=tier, **more)
    return approve_case(
        actor=world.actor(world.olga), case_id=case.id, reason="identity_confirmed", now=NOW
    )


def now_of(case: Case) -> Case:
    """The case as it is now."""
    with reading(root()):
        return Case.objects.select_related("user").get(id=case.id)


def tier_now(user: User) -> Tier:
    with reading(root()):
        found = Standing.objects.filter(user_id=user.id).first()
    return Tier(found.tier) if found else Tier.UNVERIFIED


@dataclasses.dataclass
class Told:
    """What the record says of one act."""

    actor_id: Any
    subject_id: Any
    metadata: dict[str, Any]


def told(action: str) -> list[Told]:
    """The records of an action, oldest first."""
    with reading(root()):
        found = AuditRecord.objects.filter(action=action).order_by("id")
        return [Told(one.actor_id, one.subject_id, one.metadata) for one in found]
