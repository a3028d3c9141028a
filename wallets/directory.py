"""Finding wallets by what a payer types, in any organization."""

from __future__ import annotations

import contextlib
import dataclasses
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from django.db import connection

from kernel.context import Context
from kernel.ids import MalformedId, decode, normalize_handle
from kernel.rows import array_literal

_FOUND = "wallet_directory(%s::uuid[], %s::text[])"
_LOOK_UP = f"SELECT * FROM {_FOUND}"  # noqa: S608 - of constants
# One row at least, so that the view is set where nothing was found.
_WIDENED = f"""
WITH found AS MATERIALIZED (SELECT * FROM {_FOUND}), view AS MATERIALIZED (
    SELECT set_config('vaultcraft.organizations', (
        SELECT coalesce(array_agg(one), '{{}}')::text FROM (
            SELECT unnest(%s::uuid[]) UNION SELECT organization_id FROM found
        ) AS taking_part (one)
    ), true), set_config('vaultcraft.scope', %s, true)
)
SELECT found.* FROM view LEFT JOIN found ON true
"""  # noqa: S608 - of constants


@dataclasses.dataclass(frozen=True, slots=True)
class Listed:
    """What a payer may know of a wallet, and what execution needs.

    :param owner_tier: how well the holder is known (`kyc.choices.Tier`); 0 for an organization's
        own wallet, whose limits no tier decides.
    """

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
    base_currency: str
    approval_over_minor: int | None
    owner_tier: int

    @property
    def organization_active(self) -> bool:
        return self.organization_status == "active"


def look_up(names: Iterable[str | None]) -> Mapping[str, Listed]:
    """The wallets behind these ids and handles, by the name as it was given, in one statement.

    Names that are malformed or belong to no wallet are missing from the answer.
    """
    keys = _keys(names)
    with connection.cursor() as cursor:
        cursor.execute(_LOOK_UP, _wanted(keys))
        return _by_name(keys, cursor.fetchall())


@contextlib.contextmanager
def asked_directory(
    names: Iterable[str | None], *, asking: Context
) -> Iterator[Callable[[], Mapping[str, Listed]]]:
    """The same, asked for here and read by calling what it gives.

    The same statement widens the view of the transaction: to that of `asking`, and every
    organization with a wallet among those found. So what is asked in between can travel along, and
    is answered under that view.
    """
    keys = _keys(names)
    _, scope = asking.settings
    with connection.cursor() as cursor:
        asking_ids = array_literal(kind="uuid", values=asking.organizations)
        cursor.execute(_WIDENED, [*_wanted(keys), asking_ids, scope])
        yield lambda: _by_name(keys, [row for row in cursor.fetchall() if row[0] is not None])


def _keys(names: Iterable[str | None]) -> dict[str, uuid.UUID | str]:
    return {name: key for name in names if name is not None and (key := key_of(name))}


def _wanted(keys: Mapping[str, uuid.UUID | str]) -> list[str]:
    ids = [key for key in keys.values() if isinstance(key, uuid.UUID)]
    handles = [key for key in keys.values() if isinstance(key, str)]
    return [
        array_literal(kind="uuid", values=ids),
        array_literal(kind="text", values=handles),
    ]


def _by_name(
    keys: Mapping[str, uuid.UUID | str], rows: Iterable[tuple[Any, ...]]
) -> Mapping[str, Listed]:
    by_key: dict[uuid.UUID | str, Listed] = {}
    for row in rows:
        listed = Listed(*row)
        by_key[listed.id] = by_key[listed.handle] = listed
    return {name: by_key[key] for name, key in keys.items() if key in by_key}


def key_of(name: str) -> uuid.UUID | str | None:
    """The id or the canonical handle that a name means, None if it cannot be one."""
    try:
        return decode("wal", name) if name.startswith("wal_") else normalize_handle(name)
    except MalformedId:
        return None
