"""Giving a removed or demoted person their role back: the way out of a hijacked organization.

Whoever took it over would never agree. So two super admins do, always, whatever the settings say.
They give back what was taken, and nothing else: the record says what that was.
"""

from __future__ import annotations

import datetime as dt
import uuid

from accounts import policy
from accounts.choices import Role
from accounts.errors import InvalidProfile, RoleChangedMeanwhile
from accounts.models import PendingAct, User
from accounts.services.erasing import erased_address
from accounts.services.lookups import giver_of, locked_organization, note_giver
from accounts.services.lost_roles import lost_role
from accounts.services.networks.standing import from_known_network
from accounts.services.owners import tell_of_restored
from accounts.services.pending_acts.making import make_pending
from accounts.services.pending_acts.registry import Agreed, Facts, PendingKind, Result
from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.transactions import needs_transaction, opens_transaction

RESTORE = "people.restore"
# What stands for the role of somebody who has none any more.
REMOVED = "removed"


@from_known_network(RESTORE)
@opens_transaction
def ask_to_restore(*, actor: Actor, user_id: uuid.UUID, role: str, now: dt.datetime) -> PendingAct:
    """Ask that a person of an organization gets a role back; another super admin agrees.

    Nothing else is undone and nobody else is touched: keys and invitations that ended stay so, and
    whoever removed the person is dealt with on their own. The person signs in as before, or chooses
    another password by mail first. It is a role that was taken from them lately, or less. Locks the
    person's organization, then the person.

    :raises PermissionDenied: unless the actor carries `people.restore`.
    :raises NotFound: if there is no such person in an organization, or they were erased.
    :raises InvalidProfile: if there is no such role, or the person has all of it already.
    :raises RoleNotLost: if the record tells of no such role that was taken from them lately.
    :raises NetworkNotTrusted: if the actor is on a network that is new to them.
    """
    policy.require(actor, RESTORE)
    if role not in Role.values:
        raise InvalidProfile(f"Choose one of {', '.join(Role.values)}.", pointer="/role")
    user = _restorable(user_id)
    before = _present_role(user)
    if before != REMOVED and policy.carries_no_more(role=role, than=before):
        raise InvalidProfile("They have this role already, or more.", pointer="/role")
    lost = lost_role(user=user, role=role, now=now)
    return make_pending(
        actor=actor,
        kind=RESTORATION.name,
        organization_id=None,
        facts={
            "user_id": str(user.id),
            "organization_id": str(user.organization_id),
            "before": before,
            "role": role,
            "lost_role": lost.role,
            "lost_at": lost.at.isoformat(),
            "taken_by_id": str(lost.taken_by) if lost.taken_by else None,
        },
        now=now,
    )


@needs_transaction
def _restorable(user_id: uuid.UUID) -> User:
    people = User.objects.filter(id=user_id, organization_id__isnull=False)
    home = people.values_list("organization_id", flat=True).first()
    if home is None:
        raise NotFound("There is no such person.")
    locked_organization(home)
    user = people.select_for_update(of=("self",), no_key=True).get()  # an erasure locks it, too
    if user.email == erased_address(user.id):
        raise NotFound("This person was erased.")
    return user


def _present_role(user: User) -> str:
    return str(user.role) if user.is_active else REMOVED


@needs_transaction
def _execute(agreed: Agreed) -> Result:
    """Carry it out as its maker, if the role is still what it was.

    Emits `accounts.member.restored`; records `accounts.member.restore`; mails person and owners.

    :raises RoleChangedMeanwhile: if somebody gave the person a role meanwhile.
    :raises RoleNotLost: if the record told of no such role when it was asked for.
    :raises NotFound: if the person was erased meanwhile.
    """
    user = _restorable(uuid.UUID(agreed.facts["user_id"]))
    before = _present_role(user)
    if before != agreed.facts["before"]:
        raise RoleChangedMeanwhile()
    lost_role(user=user, role=agreed.facts["role"], now=agreed.act.made_at)
    note_giver(user=user, giver_id=giver_of(agreed.maker), now=agreed.now)
    user.role, user.is_active = agreed.facts["role"], True
    user.save(update_fields=["role", "is_active", "role_given_by", "role_given_at"])
    _tell(actor=agreed.maker, user=user, before=before, now=agreed.now)
    tell_of_restored(actor=agreed.maker, user=user, now=agreed.now)
    return Result("user", user.id)


@needs_transaction
def _tell(*, actor: Actor, user: User, before: str, now: dt.datetime) -> None:
    record(
        actor=actor,
        action="accounts.member.restore",
        subject_type="user",
        subject_id=user.id,
        organization_id=user.organization_id,
        metadata={"before": before, "after": user.role},
        now=now,
    )
    emit(
        name="accounts.member.restored",
        organization_id=user.organization_id,
        subject_id=user.id,
        payload={"user_id": str(user.id), "role": user.role},
        actor=actor,
        now=now,
    )


@needs_transaction
def _take_turns(act: PendingAct) -> None:
    """Lock the person's organization before people, as changing a role there does."""
    locked_organization(uuid.UUID(act.facts["organization_id"]))


def _summary(facts: Facts) -> str:
    before, role = facts["before"], Role(facts["role"]).label
    who = "A removed person" if before == REMOVED else f"A person who is {Role(before).label} now"
    return f"{who} is {role} of their organization again"


RESTORATION = PendingKind(
    name="accounts.restoration",
    title="Giving a person their role back",
    permission_to_make=RESTORE,
    permission_to_check=RESTORE,
    summarize=_summary,
    execute=_execute,
    take_turns=_take_turns,
)
