"""Who is told of what concerns who they are: the person it is about, and owners of keys."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Iterator, Sequence

from accounts.choices import Role
from accounts.models import User
from events.consuming import Event
from kernel.transactions import needs_transaction
from notifications.services.notices.told import Told, id_in

# Events whose payload names the person as `user_id`.
ABOUT_SOMEBODY = {
    "kyc.case.approved": "verification_approved",
    "kyc.case.returned": "verification_returned",
    "kyc.case.rejected": "verification_rejected",
    "kyc.case.approval_withdrawn": "verification_withdrawn",
    "accounts.password.changed": "password_changed",
    "accounts.pin.set": "pin_set",
    "accounts.pin.locked": "pin_locked",
    "accounts.phone.changed": "phone_changed",
    "accounts.factor.added": "factor_added",
    "accounts.factor.removed": "factor_removed",
    "accounts.factors.reset": "factors_reset",
    "accounts.recovery_codes.issued": "recovery_codes_issued",
    "accounts.recovery_code.used": "recovery_code_used",
    "accounts.device.added": "device_added",
    "accounts.network.added": "network_added",
    "accounts.refresh_token.reused": "refresh_token_reused",
    "accounts.member.role_changed": "role_changed",
    "accounts.staff.role_changed": "role_changed",
}
KEY_ISSUED = "accounts.api_key.issued"
NAMES = frozenset({KEY_ISSUED, *ABOUT_SOMEBODY})
MOST_OWNERS = 20


@needs_transaction
def of_people(events: Sequence[Event]) -> Iterator[Told]:
    """Who is told what of these events about people and their keys."""
    owners = functools.cache(_owners)
    for event in events:
        if event.name == KEY_ISSUED and event.organization_id is not None:
            for owner_id in owners(event.organization_id):
                yield Told(owner_id, event, "api_key_issued")
        elif event.name in ABOUT_SOMEBODY:
            user_id = id_in(event, "user_id")
            if user_id is not None:
                detail = event.payload.get("reason") or ""
                yield Told(user_id, event, ABOUT_SOMEBODY[event.name], detail=detail)


@needs_transaction
def _owners(organization_id: uuid.UUID) -> list[uuid.UUID]:
    owners = User.objects.filter(organization=organization_id, role=Role.OWNER, is_active=True)
    return list(owners.order_by("id").values_list("id", flat=True)[:MOST_OWNERS])
