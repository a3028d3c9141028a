"""Set-based inserts: any number of rows in one statement.

COPY is refused under row-level security and `bulk_create` spends its time building objects, so
rows travel as one array per column and are unfolded by `unnest`. The statement's text depends on
the table only, never on the number of rows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from django.db import connection


def insert_rows(
    *, table: str, columns: Mapping[str, str], rows: Sequence[tuple[object, ...]]
) -> None:
    """Insert rows in the order given; nothing happens for an empty sequence.

    :param columns: column name to PostgreSQL type, in the order of each row's values. Values of a
        ``jsonb`` column are given as Python data.
    """
    if not rows:
        return
    kinds = list(columns.values())
    arrays = [
        [json.dumps(value) for value in column] if kind == "jsonb" else list(column)
        for kind, column in zip(kinds, zip(*rows, strict=True), strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(_statement(table, columns), arrays)


def _statement(table: str, columns: Mapping[str, str]) -> str:
    names = ", ".join(columns)
    unfolded = ", ".join(
        f"%s::text[]::{kind}[]" if kind == "jsonb" else f"%s::{kind}[]" for kind in columns.values()
    )
    # Table and columns are constants of the calling module, never input.
    return f"INSERT INTO {table} ({names}) SELECT * FROM unnest({unfolded})"  # noqa: S608

