"""Whether the password that was verified is still the person's, under their lock."""

from __future__ import annotations

import uuid

from accounts.errors import InvalidCredentials
from accounts.models import User
from kernel.transactions import needs_transaction


@needs_transaction
def require_same_password(*, user_id: uuid.UUID, verified: str) -> None:
    """Go on only if nobody has chosen another password since it was verified. Locks the person.

    Between the password and the session lie a second factor and minutes; a new password that comes
    between must count (ASVS 5.0, 7.4.3).

    :param verified: the hash that the password was compared with.
    :raises InvalidCredentials: if the person has another one now.
    """
    people = User.objects.select_for_update(no_key=True).filter(id=user_id)
    if people.values_list("password", flat=True).first() != verified:
        raise InvalidCredentials()
