"""Whether an act takes a second person."""

from __future__ import annotations

import enum
import uuid

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
def under_dual_control(
    *, actor: Actor, subject: Subject, organization_id: uuid.UUID | None
) -> bool:
    """Whether the actor's act waits for another person. At most two queries.

    The policy of the organization that is acted on speaks for everybody, also for staff; for these
    the installation's setting does, too, and the stricter counts. The program itself has nobody to
    ask: commands on the server are the way out when nobody is left who could agree.

    :param organization_id: whom the act is about; None only for what is about no organization.
    """
    if actor.kind is ActorKind.SYSTEM:
        return False
    if actor.organization_id is None and fresh_value(STAFF_DUAL_CONTROL):
        return True
    home = actor.organization_id or organization_id
    policy = dual_control_policy_of(home) if home is not None else None
    return policy is not None and bool(getattr(policy, subject))
