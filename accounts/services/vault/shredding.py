"""Forgetting the keys of a person, and with them all that was sealed, in every copy."""

from __future__ import annotations

import datetime as dt

from django.db.models import QuerySet

from accounts.models import DataKey, User
from accounts.services.vault.keys import Owner, key_for_sealing
from kernel.transactions import needs_transaction


@needs_transaction
def shred_keys(*, user: User, now: dt.datetime) -> None:
    """Make all that is sealed under the person's keys unreadable, for ever and everywhere.

    Under the keys' locks: a rotation may be adding one, which only the statement after them sees.
    Somebody who had nothing sealed gets a dead key, so that nothing can be sealed later either.
    """
    key_for_sealing(owner=Owner(user.organization_id, user.id), now=now)
    list(_live_keys(user).order_by("id").select_for_update(no_key=True))
    _live_keys(user).update(wrapped=None, shredded_at=now)


@needs_transaction
def has_live_keys(user: User) -> bool:
    """Whether anything sealed under the person's keys can still be read."""
    return _live_keys(user).exists()


def _live_keys(user: User) -> QuerySet[DataKey]:
    return DataKey.objects.filter(user=user, shredded_at=None)
