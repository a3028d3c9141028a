"""The order of locks: whoever changes an organization's people locks it before the people."""

from __future__ import annotations

from accounts.models import PendingAct
from accounts.services.lookups import locked_organization
from kernel.transactions import needs_transaction


@needs_transaction
def take_turns_at_home(act: PendingAct) -> None:
    """Lock the act's organization, if it has one, as changing a role does first of all."""
    if act.organization_id is not None:
        locked_organization(act.organization_id)
