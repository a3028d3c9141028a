"""Two tables of the same shape: the live one in `public` and its copy in `pg_temp`. Steps."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from django.db import connection

from kernel.transactions import needs_transaction

LIVE, COPY = "public", "pg_temp"
MOST_NAMED = 10


@dataclasses.dataclass(frozen=True, slots=True)
class Digest:
    """What a table holds: how many rows, and SHA-256 over all of them in the order of their key."""

    rows: int
    sha256: str


@dataclasses.dataclass(frozen=True, slots=True)
class Difference:
    """How a live table differs from the same made anew.

    :param missing: rows that should be there and are not.
    :param unexplained: rows that no event explains.
    :param other: rows that say something else.
    :param places: keys of the first of them.
    """

    table: str
    live: Digest
    rebuilt: Digest
    missing: int
    unexplained: int
    other: int
    places: Sequence[str]

    @property
    def equal(self) -> bool:
        """Whether both are the same, row by row."""
        return self.live == self.rebuilt


@needs_transaction
def copy_of(table: str) -> None:
    """Make an empty copy, of this session's own, that its name means from now on."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE {table} (LIKE {LIVE}.{table} INCLUDING ALL)")


@needs_transaction
def compared(table: str) -> Difference:
    """The live table against its copy."""
    key = _key(table)
    missing, unexplained, other, places = _differences(table, key)
    return Difference(
        table,
        digest(table, schema=LIVE),
        digest(table, schema=COPY),
        missing,
        unexplained,
        other,
        places or [],
    )


@needs_transaction
def digest(table: str, *, schema: str) -> Digest:
    """Of all rows as PostgreSQL writes them; in parts, because no value is larger than 1 GB."""
    key = _key(table)
    found = _one(
        f"""
        SELECT coalesce(sum(rows), 0)::bigint,
               encode(sha256(coalesce(string_agg(part, ''::bytea ORDER BY bucket), '')), 'hex')
        FROM (
            SELECT get_byte(told, 0) AS bucket, count(*) AS rows,
                   sha256(string_agg(told, ''::bytea ORDER BY {key})) AS part
            FROM (
                SELECT {key}, sha256(convert_to(t::text, 'UTF8')) AS told FROM {schema}.{table} t
            ) each_row
            GROUP BY 1
        ) parts"""  # noqa: S608 - of constants and the catalogue
    )
    return Digest(*found)


@needs_transaction
def become_copy(table: str) -> None:
    """Make the live table what the copy is, touching only the rows that differ."""
    key = _key(table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            DELETE FROM {LIVE}.{table} l WHERE NOT EXISTS (
                SELECT FROM {COPY}.{table} c
                WHERE ({_of("c", key)}) = ({_of("l", key)})
                    AND ROW(c.*) IS NOT DISTINCT FROM ROW(l.*))"""  # noqa: S608 - as above
        )
        cursor.execute(
            f"INSERT INTO {LIVE}.{table} SELECT * FROM {COPY}.{table}"  # noqa: S608 - as above
            " ON CONFLICT DO NOTHING"
        )


def _differences(table: str, key: str) -> tuple[Any, ...]:
    live, copy = key.split(", ")[0], key.split(", ")[0]
    return _one(
        f"""
        SELECT count(*) FILTER (WHERE l.{live} IS NULL), count(*) FILTER (WHERE c.{copy} IS NULL),
               count(*) FILTER (WHERE l.{live} IS NOT NULL AND c.{copy} IS NOT NULL),
               (array_agg(concat_ws(' ', {key}) ORDER BY {key}))[:{MOST_NAMED}]
        FROM {LIVE}.{table} l FULL JOIN {COPY}.{table} c USING ({key})
        WHERE ROW(l.*) IS DISTINCT FROM ROW(c.*)"""  # noqa: S608 - as above
    )


def _key(table: str) -> str:
    """The columns of the primary key, as they are written in SQL."""
    (columns,) = _one(
        "SELECT string_agg(quote_ident(a.attname), ', '"
        " ORDER BY array_position(i.indkey::int2[], a.attnum))"
        " FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid"
        " AND a.attnum = ANY (i.indkey) WHERE i.indisprimary AND i.indrelid = %s::regclass",
        f"{LIVE}.{table}",
    )
    return str(columns)


def _of(alias: str, key: str) -> str:
    return ", ".join(f"{alias}.{column}" for column in key.split(", "))


def _one(statement: str, *values: str) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        row: tuple[Any, ...] = cursor.fetchone()
    return row
