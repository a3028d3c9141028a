"""Which columns hold sealed values: rooms register theirs in `apps.ready()`."""

from __future__ import annotations

import dataclasses
import re

from kernel.errors import InvariantBroken

_NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)


@dataclasses.dataclass(frozen=True, slots=True)
class SealedColumn:
    """A `bytea` column of sealed values in a table with a uuid `id`.

    The application's role must be allowed to update it, for rotation. Its name is ``sealed`` or
    starts with ``sealed_``, by which a test finds one that nobody registered: rotation would shred
    the keys it needs.

    :param user_column: the column with the person who owns the value; None if organizations do.
    :param stream: it holds headers of streams, which stay under the key that sealed them.
    """

    table: str
    column: str
    organization_column: str = "organization_id"
    user_column: str | None = "user_id"
    stream: bool = False

    def __post_init__(self) -> None:
        names = (self.table, self.column, self.organization_column, self.user_column or "id")
        if not all(_NAME.fullmatch(name) for name in names):
            raise InvariantBroken(f"{names} are no names of a table and its columns")

    @property
    def name(self) -> str:
        """``table.column``."""
        return f"{self.table}.{self.column}"


_columns: dict[tuple[str, str], SealedColumn] = {}


def register_sealed_column(column: SealedColumn) -> None:
    """Let rotation know of a column."""
    _columns[column.table, column.column] = column


def sealed_columns() -> list[SealedColumn]:
    """All of them, in a stable order."""
    return [_columns[name] for name in sorted(_columns)]
