"""How people can approve."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping

from accounts.choices import ApprovalMethod
from accounts.models import TransactionPin
from kernel.transactions import needs_transaction


@needs_transaction
def methods_of(user_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, list[str]]:
    """The methods each of these people could approve by now, in a constant number of queries."""
    with_pin = set(
        TransactionPin.objects.filter(user_id__in=user_ids).values_list("user_id", flat=True)
    )
    return {one: [ApprovalMethod.PIN.value] if one in with_pin else [] for one in user_ids}
