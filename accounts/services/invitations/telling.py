"""What is recorded and told of an invitation."""

from __future__ import annotations

import datetime as dt

from accounts.models import Invitation
from audit.services import Act, record_many
from events.services import Fact, emit_many
from kernel.actor import Actor
from kernel.transactions import needs_transaction


@needs_transaction
def tell(
    *, actor: Actor, invitation: Invitation, verb: str, happened: str, now: dt.datetime
) -> None:
    record_many([act_of(actor=actor, row=invitation, verb=verb, now=now)])
    emit_many([fact_of(actor=actor, row=invitation, happened=happened, now=now)])


def act_of(*, actor: Actor, row: Invitation, verb: str, now: dt.datetime, **more: object) -> Act:
    user_id = row.accepted_by_id
    return Act(
        actor=actor,
        action=f"accounts.member.{verb}",
        subject_type="user" if user_id else "invitation",
        subject_id=user_id or row.id,
        organization_id=row.organization_id,
        metadata={"role": row.role, "invitation_id": str(row.id), **more},
        now=now,
    )


def fact_of(*, actor: Actor, row: Invitation, happened: str, now: dt.datetime) -> Fact:
    user_id = row.accepted_by_id
    return Fact(
        name=f"accounts.member.{happened}",
        organization_id=row.organization_id,
        subject_id=user_id or row.id,
        payload={"user_id": str(user_id) if user_id else None, "role": row.role},
        actor=actor,
        now=now,
    )
