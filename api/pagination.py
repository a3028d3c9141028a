"""Cursor pages over a key that never changes: no duplicate and no gap while rows are inserted.

A cursor is a direction, the name of its list and a position, nothing else: rights and filters come
with each request, so a forged cursor shows nobody anything. Every text that matches the list's
pattern is a valid position in it; another list's cursor does not match.

The cursors of a pinned list also carry an instant: all pages of a walk are of that one.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from kernel import ids
from kernel.links import absolute

DEFAULT_LIMIT = 25
MAX_LIMIT = 100

LIST = "list"  # where the validated parameters keep the name of their list
_MAX_VERSION = 2**63 - 1
_BITS = "[0-7][0-9a-hjkmnp-tv-z]{25}"
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_LATEST = (dt.datetime(2200, 1, 1, tzinfo=dt.UTC) - _EPOCH) // _MICROSECOND

Row = TypeVar("Row", bound=Model)
Render = Callable[[list[Row]], list[dict[str, Any]]]


def cursor_pattern(name: str, *, pinned: bool = False) -> str:
    """The form of a list's cursors.

    `n` (older) or `p` (newer), the list, in a pinned one the microseconds of its instant, and 128
    bits of position: a UUIDv7 or an account's version.
    """
    return rf"^[np]_{name}_{_BITS}_{_BITS}$" if pinned else rf"^[np]_{name}_{_BITS}$"


def pin_of(query: dict[str, Any]) -> dt.datetime | None:
    """The instant of a pinned list's walk; None on its first page.

    A forged one is an instant, too: one out of all bounds is that of the latest.
    """
    if query.get("cursor") is None:
        return None
    pinned, _, _ = query["cursor"].rpartition("_")
    microseconds = ids.decode(pinned.rpartition("_")[0], pinned).int
    return _EPOCH + min(microseconds, _LATEST) * _MICROSECOND


def pinned_to(query: dict[str, Any], instant: dt.datetime) -> dict[str, Any]:
    """The parameters for a page whose cursors carry an instant."""
    microseconds = uuid.UUID(int=(instant - _EPOCH) // _MICROSECOND)
    return {**query, LIST: ids.encode(query[LIST], microseconds)}


def page_of(
    request: Request,
    rows: QuerySet[Row],
    *,
    query: dict[str, Any],
    render: Render[Row],
    key: str = "id",
) -> dict[str, Any]:
    """One page, newest first: `data`, its neighbors' addresses, and whether older rows remain.

    :param query: the validated parameters of a `PageQuery`.
    :param key: the column that orders the list; unique in it, growing, never changed.
    """
    limit: int = query["limit"]
    name: str = query[LIST]
    cursor: str | None = query.get("cursor")
    backwards = cursor is not None and cursor[0] == "p"
    if cursor is not None:
        side = "gt" if backwards else "lt"
        rows = rows.filter(**{f"{key}__{side}": _position(cursor, key=key)})
    found = list(rows.order_by(key if backwards else f"-{key}")[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    if backwards:
        found.reverse()
    older, newer = (bool(found), more) if backwards else (more, cursor is not None)
    return {
        "data": render(found),
        "next": _address(request, found[-1:], key=key, side=f"n_{name}") if older else None,
        "previous": _address(request, found[:1], key=key, side=f"p_{name}") if newer else None,
        "has_more": older,
    }


def cursor_at(row: Model, *, key: str, side: str) -> str:
    """The cursor for what lies beyond this row.

    :param side: the direction and the list, like `n_wallets`.
    """
    value = getattr(row, key)
    return ids.encode(side, value if isinstance(value, uuid.UUID) else uuid.UUID(int=value))


def _position(cursor: str, *, key: str) -> uuid.UUID | int:
    position = ids.decode(cursor.rpartition("_")[0], cursor)
    return position if key.endswith("id") else min(position.int, _MAX_VERSION)


def _address(request: Request, edge: list[Row], *, key: str, side: str) -> str | None:
    if not edge:
        return None
    cursor = cursor_at(edge[0], key=key, side=side)
    return replace_query_param(absolute(request.get_full_path()), "cursor", cursor)
