"""Whether an act takes a second person."""

from __future__ import annotations

import enum

from accounts.queries import dual_control_policy_of
from accounts.services.runtime import fresh_value
from accounts.system import STAFF_DUAL_CONTROL
from kernel.actor import Actor, ActorKind
from kernel.transactions import needs_transaction


class Subject(enum.StrEnum):
    """What an organization's policy speaks of; the name of the policy's column."""

    ROLES = "roles"
    JOURNALS = "journals"
    TERMS = "terms"


@needs_transaction
def under_dual_control(*, actor: Actor, subject: Subject) -> bool:
    """Whether the actor's act waits for another person. One query.

    The organization's own policy speaks for its people and keys, the installation's setting for
    staff. The program itself has nobody to ask: commands on the server are the way out when nobody
    is left who could agree.
    """
    if actor.kind is ActorKind.SYSTEM:
        return False
    if actor.organization_id is None:
        return bool(fresh_value(STAFF_DUAL_CONTROL))
    policy = dual_control_policy_of(actor.organization_id)
    return policy is not None and bool(getattr(policy, subject))
