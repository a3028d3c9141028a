"""Sealing and opening values and streams."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterable, Iterator

from accounts.services.vault.keys import Owner, key_for_opening, key_for_sealing
from kernel import sealing
from kernel.transactions import needs_transaction


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value stands. It can be opened there and nowhere else."""

    table: str
    column: str
    row_id: uuid.UUID


@needs_transaction
def seal(
    *,
    organization_id: uuid.UUID | None,
    user_id: uuid.UUID | None = None,
    place: Place,
    plain: bytes,
    now: dt.datetime,
) -> bytes:
    """Encrypt a value for its place, under the owner's last data key.

    :param user_id: whose value it is, so that shredding this person shreds it; None if it is the
        organization's.
    :raises DataShredded: if the person was shredded.
    """
    owner = Owner(organization_id, user_id)
    version, key = key_for_sealing(owner=owner, now=now)
    return sealing.seal(key=key, version=version, plain=plain, associated=_bound(place, owner))


@needs_transaction
def unseal(
    *,
    organization_id: uuid.UUID | None,
    user_id: uuid.UUID | None = None,
    place: Place,
    sealed: bytes | memoryview,
) -> bytes:
    """The value in clear.

    :raises DataShredded: if the person was shredded.
    :raises kernel.sealing.Unreadable: if the bytes were changed, or sealed for another place or
        owner.
    """
    owner, whole = Owner(organization_id, user_id), bytes(sealed)
    key = key_for_opening(owner=owner, version=sealing.key_version_of(whole))
    return sealing.unseal(key=key, sealed=whole, associated=_bound(place, owner))


@needs_transaction
def seal_stream(
    *,
    organization_id: uuid.UUID | None,
    user_id: uuid.UUID | None = None,
    place: Place,
    parts: Iterable[bytes],
    now: dt.datetime,
) -> Iterator[bytes]:
    """A header, then sealed chunks of at most `sealing.CHUNK_BYTES` and a tag.

    See `kernel.sealing` for their form.

    :raises DataShredded: if the person was shredded.
    """
    owner = Owner(organization_id, user_id)
    version, key = key_for_sealing(owner=owner, now=now)
    bound = _bound(place, owner)
    return sealing.seal_stream(key=key, version=version, parts=parts, associated=bound)


@needs_transaction
def unseal_stream(
    *,
    organization_id: uuid.UUID | None,
    user_id: uuid.UUID | None = None,
    place: Place,
    header: bytes | memoryview,
    chunks: Iterable[bytes],
) -> Iterator[bytes]:
    """The chunks in clear, each once it is proven. The key is fetched at the call.

    :raises DataShredded: if the person was shredded.
    :raises kernel.sealing.Unreadable: (while iterating) as soon as a chunk is not the right one.
    """
    owner, head = Owner(organization_id, user_id), bytes(header)
    key = key_for_opening(owner=owner, version=sealing.key_version_of(head))
    bound = _bound(place, owner)
    return sealing.unseal_stream(key=key, header=head, chunks=chunks, associated=bound)


def _bound(place: Place, owner: Owner) -> tuple[str, ...]:
    return (place.table, place.column, str(place.row_id), *owner.names)
