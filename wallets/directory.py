"""Finding wallets by what a payer types, in any organization."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterable, Mapping

from django.db import connection

from kernel.ids import MalformedId, decode, normalize_handle


@dataclasses.dataclass(frozen=True, slots=True)
class Listed:
    """What a payer may know of a wallet, and what execution needs."""

    id: uuid.UUID
    handle: str
    organization_id: uuid.UUID
    organization_status: str
    organization_name: str
    owner_id: uuid.UUID | None
    holder_name: str
    currency: str
    account_id: uuid.UUID
    kind: str
    organization_timezone: str

    @property
    def organization_active(self) -> bool:
        return self.organization_status == "active"


def look_up(names: Iterable[str | None]) -> Mapping[str, Listed]:
    """The wallets behind these ids and handles, by the name as it was given, in one statement.

    Names that are malformed or belong to no wallet are missing from the answer.
    """
    keys = {name: key for name in names if name is not None and (key := key_of(name))}
    ids = [key for key in keys.values() if isinstance(key, uuid.UUID)]
    handles = [key for key in keys.values() if isinstance(key, str)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM wallet_directory(%s::uuid[], %s::text[])", [ids, handles])
        found = [Listed(*row) for row in cursor.fetchall()]
    by_key: dict[uuid.UUID | str, Listed] = {}
    for listed in found:
        by_key[listed.id] = by_key[listed.handle] = listed
    return {name: by_key[key] for name, key in keys.items() if key in by_key}


def key_of(name: str) -> uuid.UUID | str | None:
    """The id or the canonical handle that a name means, None if it cannot be one."""
    try:
        return decode("wal", name) if name.startswith("wal_") else normalize_handle(name)
    except MalformedId:
        return None
