"""Keeping an organization as active as it was judged, until the commit."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.db import connection

from accounts.choices import OrganizationStatus
from kernel.transactions import needs_transaction

_HOLD = (
    "SELECT id, status FROM accounts_organization WHERE id = ANY (%s::uuid[]) ORDER BY id FOR SHARE"
)


@needs_transaction
def hold_active_organizations(ids: Iterable[uuid.UUID]) -> frozenset[uuid.UUID]:
    """Those of the organizations that may move money now, and until this transaction ends.

    Locks their rows FOR SHARE in order of id: movements do not wait for each other, a suspension
    waits for them, and they for it. Taken after the accounts' locks.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [sorted(ids)])
        rows = cursor.fetchall()
    return frozenset(found for found, status in rows if status == OrganizationStatus.ACTIVE)
