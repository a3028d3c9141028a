"""What the record says of roles that were taken from people, by removing or by demoting them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid

from accounts import policy
from accounts.errors import RoleNotLost
from accounts.models import User
from audit.models import AuditRecord
from audit.queries import records_about
from kernel.actor import ActorKind
from kernel.transactions import needs_transaction

# Removed people and all owners are mailed at once; whoever was away for long comes back by then.
RESTORABLE_FOR = dt.timedelta(days=90)

# Where each of these records keeps the role that was there before.
_TAKES = {"accounts.member.remove": "role", "accounts.member.change_role": "before"}
_MOST_LOOKED_AT = 100


@dataclasses.dataclass(frozen=True, slots=True)
class Lost:
    """One role that was taken from somebody.

    :param taken_by: the person who did; None for the program.
    """

    role: str
    at: dt.datetime
    taken_by: uuid.UUID | None


@needs_transaction
def lost_role(*, user: User, role: str, now: dt.datetime) -> Lost:
    """The last loss, in their organization and not too long ago, of a role that carries this one.

    :raises RoleNotLost: if the record tells of none.
    """
    rows = records_about([user.id]).filter(
        organization_id=user.organization_id,
        action__in=_TAKES,
        at__range=(now - RESTORABLE_FOR, now),
    )
    for row in rows.order_by("-id")[:_MOST_LOOKED_AT]:
        lost = _lost_by(row)
        if lost is not None and policy.carries_no_more(role=role, than=lost.role):
            return lost
    raise RoleNotLost()


def _lost_by(row: AuditRecord) -> Lost | None:
    before, after = row.metadata.get(_TAKES[row.action]), row.metadata.get("after")
    if before is None or (after and policy.carries_no_more(role=before, than=after)):
        return None
    by = row.actor_id if row.actor_kind == ActorKind.USER.value else None
    return Lost(before, row.at, by)
