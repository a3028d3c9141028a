"""People and organizations for this room's tests, made by the real services."""

from __future__ import annotations

import datetime as dt

from accounts.models import Organization, PendingAct, User
from accounts.services.organizations import Registration, register_organization
from accounts.services.pending_acts import agree
from accounts.services.staff import create_staff
from audit.models import AuditRecord
from events.models import OutboxEvent
from kernel.actor import Actor, Door, anonymous, system
from kernel.context import reading
from tests.joining import brought_in
from tests.mailbox import confirm_address
from tests.proof import proven_actor, sign_in_once

JOINED = dt.datetime(2026, 10, 1, 9, 0, tzinfo=dt.UTC)
NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
PASSWORD = "correct horse battery"
ROOT = system(door=Door.COMMAND, request_id="test-root")
STRANGER = anonymous(door=Door.API, request_id="test-stranger", ip="203.0.113.7")


def registered(name: str = "Acme", owner: str = "alice", *, confirmed: bool = True) -> Registration:
    """A pending organization and its owner, whose address is confirmed."""
    made = register_organization(
        actor=STRANGER,
        organization_name=name,
        country="IN",
        base_currency="INR",
        owner_email=f"{owner}@{name.lower()}.test",
        owner_name=owner.title(),
        password=PASSWORD,
        now=NOW,
    )
    if not confirmed:
        return made
    return Registration(made.organization, confirm_address(made.owner, now=NOW, request_id="test"))


def acting(user: User, *, door: Door = Door.API) -> Actor:
    """The person as an actor."""
    return proven_actor(user=user, door=door, request_id=f"test-{user.email}", ip=STRANGER.ip)


def signed_in(user: User, *, door: Door = Door.API) -> Actor:
    """The person in a session of theirs, as what waits for a second person has to be asked."""
    return sign_in_once(acting(user, door=door))


def joined(owner: User, name: str, role: str, *, now: dt.datetime = JOINED) -> User:
    """A colleague of the owner, who invited them long ago."""
    assert owner.organization is not None
    address = f"{name}@{owner.organization.slug}.test"
    user = brought_in(
        owner=acting(owner),
        stranger=STRANGER,
        email=address,
        full_name=name.title(),
        role=role,
        password=PASSWORD,
        now=now,
    )
    return confirm_address(user, now=now, request_id="test")


def staff(platform_role: str = "super_admin", name: str = "olga") -> User:
    """Somebody of the platform."""
    return create_staff(
        actor=ROOT,
        email=f"{name}@platform.test",
        full_name=name.title(),
        platform_role=platform_role,
        password=PASSWORD,
        now=NOW,
    )


def acts_recorded() -> list[str]:
    """The actions on record, oldest first."""
    with reading(ROOT):
        return list(AuditRecord.objects.order_by("id").values_list("action", flat=True))


def last_record() -> AuditRecord:
    """The newest audit record."""
    with reading(ROOT):
        return AuditRecord.objects.order_by("-id")[0]


def events_emitted() -> list[str]:
    """The names in the outbox, oldest first."""
    with reading(ROOT):
        return list(OutboxEvent.objects.order_by("id").values_list("name", flat=True))


def fresh(row: Organization) -> Organization:
    """The same organization as the database has it now."""
    return Organization.objects.get(id=row.id)


def by_two(done: object, *, now: dt.datetime) -> None:
    """A super admin of the platform agrees to what waits."""
    assert isinstance(done, PendingAct)
    decided = agree(actor=signed_in(staff(name="sue")), act_id=done.id, now=now)
    assert decided.state == "agreed", decided.reason_code
