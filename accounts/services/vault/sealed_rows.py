"""SQL over the registered columns. Their names come from code, checked by `SealedColumn`."""
# ruff: noqa: S608

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.db import connection

from accounts.models import DataKey
from accounts.services.vault.places import SealedColumn
from kernel.transactions import needs_transaction

SealedRow = tuple[uuid.UUID, uuid.UUID | None, uuid.UUID | None, bytes]


@needs_transaction
def count_old(column: SealedColumn) -> int:
    """How many values stand under an older key than their owner's last."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {column.table} t WHERE {_old(column)}")
        return int(cursor.fetchone()[0])


@needs_transaction
def next_old(column: SealedColumn, *, after: uuid.UUID, most: int) -> list[SealedRow]:
    """The next such rows in id order, locked: id, organization, person and the sealed value."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT t.id, t.{column.organization_column}, {_user(column)}, t.{column.column}"
            f" FROM {column.table} t WHERE {_old(column)} AND t.id > %s"
            " ORDER BY t.id LIMIT %s FOR UPDATE OF t",
            [after, most],
        )
        return list(cursor.fetchall())


@needs_transaction
def replace(column: SealedColumn, values: Sequence[tuple[bytes, uuid.UUID]]) -> None:
    """Put new sealed values in the place of old ones, by row id."""
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {column.table} SET {column.column} = %s WHERE id = %s", values)


@needs_transaction
def is_used(key: DataKey, column: SealedColumn) -> bool:
    """Whether a value of the column stands under this key."""
    if (column.user_column is None) != (key.user_id is None):
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT EXISTS (SELECT FROM {column.table} t WHERE"
            f" t.{column.organization_column} IS NOT DISTINCT FROM %s"
            f" AND {_user(column)} IS NOT DISTINCT FROM %s"
            f" AND substring(t.{column.column} FROM 2 FOR 4) = int4send(%s::int))",
            [key.organization_id, key.user_id, key.version],
        )
        return bool(cursor.fetchone()[0])


def _old(column: SealedColumn) -> str:
    # The version stands big-endian in bytes 2 to 5 of what is sealed.
    return (
        f"t.{column.column} IS NOT NULL AND substring(t.{column.column} FROM 2 FOR 4) < ("
        " SELECT int4send(max(k.version)) FROM accounts_datakey k"
        f" WHERE k.organization_id IS NOT DISTINCT FROM t.{column.organization_column}"
        f" AND k.user_id IS NOT DISTINCT FROM {_user(column)} AND k.shredded_at IS NULL)"
    )


def _user(column: SealedColumn) -> str:
    return f"t.{column.user_column}" if column.user_column else "NULL::uuid"
