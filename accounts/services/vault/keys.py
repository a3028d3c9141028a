"""Data keys: made at first use, unwrapped for one transaction, never kept."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid

from django.conf import settings
from django.db.models import Q, QuerySet

from accounts.errors import DataShredded
from accounts.models import DataKey
from kernel import sealing
from kernel.errors import InvariantBroken
from kernel.ids import new_id
from kernel.transactions import needs_transaction


@dataclasses.dataclass(frozen=True, slots=True)
class Owner:
    """Whose data it is: a person's, or an organization's as such (no `user_id`).

    :param organization_id: None for the platform's own staff.
    """

    organization_id: uuid.UUID | None
    user_id: uuid.UUID | None = None

    @property
    def names(self) -> tuple[str, str]:
        """The owner as it is authenticated with what is sealed."""
        return (str(self.organization_id or ""), str(self.user_id or ""))


@needs_transaction
def key_for_sealing(*, owner: Owner, now: dt.datetime) -> tuple[int, bytes]:
    """The version and the clear bytes of the owner's last key; the first is made here.

    :raises DataShredded: if the owner's data was shredded: nothing new may be sealed for them.
    """
    last = _keys_of(owner).first() or _first_key(owner=owner, now=now)
    return last.version, clear_bytes(last)


@needs_transaction
def key_for_opening(*, owner: Owner, version: int) -> bytes:
    """The clear bytes of one of the owner's keys.

    :raises DataShredded: if it was shredded.
    :raises kernel.sealing.Unreadable: if the owner never had it: the text is somebody else's.
    """
    key = _keys_of(owner).filter(version=version).first()
    if key is None:
        raise sealing.Unreadable("there is no such key of this owner")
    return clear_bytes(key)


@needs_transaction
def add_key(*, owner: Owner, version: int, now: dt.datetime) -> None:
    """Make the key that seals from now on; of two who make the same version, one wins."""
    clear, key_id = sealing.new_key(), new_id()
    row = DataKey(
        id=key_id,
        organization_id=owner.organization_id,
        user_id=owner.user_id,
        version=version,
        created_at=now,
    )
    row.master_version, row.wrapped = wrap(row=row, clear=clear)
    DataKey.objects.bulk_create([row], ignore_conflicts=True)


def wrap(*, row: DataKey, clear: bytes) -> tuple[int, bytes]:
    """The version of today's master key, and the data key wrapped by it."""
    version, master = newest_master()
    wrapped = sealing.seal(key=master, version=version, plain=clear, associated=_place_of(row))
    return version, wrapped


def clear_bytes(row: DataKey) -> bytes:
    """The data key, unwrapped by the master key that wrapped it.

    :raises DataShredded: if it was shredded.
    :raises InvariantBroken: if that master key is gone from the environment, or is another.
    """
    master = settings.VAULTCRAFT_MASTER_KEYS.get(row.master_version)
    if master is None:
        raise InvariantBroken(f"VAULTCRAFT_MASTER_KEYS has no version {row.master_version}")
    if row.wrapped is None:
        raise DataShredded()
    try:
        return sealing.unseal(key=master, sealed=bytes(row.wrapped), associated=_place_of(row))
    except sealing.Unreadable as error:
        raise InvariantBroken(f"data key {row.id} cannot be unwrapped: {error}") from error


def newest_master() -> tuple[int, bytes]:
    """The master key that wraps: its version and bytes."""
    version = max(settings.VAULTCRAFT_MASTER_KEYS)
    return version, settings.VAULTCRAFT_MASTER_KEYS[version]


def owner_of(row: DataKey) -> Owner:
    """Whose key it is."""
    return Owner(row.organization_id, row.user_id)


def _keys_of(owner: Owner) -> QuerySet[DataKey]:
    mine = Q(organization_id=owner.organization_id, user_id=owner.user_id)
    return DataKey.objects.filter(mine).order_by("-version")


def _first_key(*, owner: Owner, now: dt.datetime) -> DataKey:
    add_key(owner=owner, version=1, now=now)
    return _keys_of(owner).get()


def _place_of(row: DataKey) -> tuple[str, ...]:
    return ("accounts_datakey", str(row.id), *owner_of(row).names, str(row.version))
