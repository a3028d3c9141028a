"""What an erasure takes along: the names people gave their passkeys; secrets go with the keys."""

from __future__ import annotations

import uuid

from accounts.models import Passkey
from kernel.transactions import needs_transaction

_NAMELESS = "Passkey"


@needs_transaction
def erase_factors(*, user_id: uuid.UUID, **_: object) -> None:
    """Leave nothing of an erased person that they wrote themselves."""
    Passkey.objects.filter(user_id=user_id).update(name=_NAMELESS)
