"""Cursor pages for people: older and newer, stable while rows arrive."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

M = TypeVar("M", bound=Model)
SIZE = 25
BEFORE, AFTER = "before", "after"


@dataclasses.dataclass(frozen=True, slots=True)
class Pager:
    """Addresses of the neighboring pages; empty where there is none."""

    previous: str
    next: str


@dataclasses.dataclass(frozen=True, slots=True)
class Window(Generic[M]):
    """The rows of one page, newest first, and its neighbors."""

    rows: list[M]
    pager: Pager


def window(
    request: HttpRequest,
    rows: QuerySet[M],
    *,
    field: str,
    parse: Callable[[str], Any],
    render: Callable[[Any], str],
    size: int = SIZE,
) -> Window[M]:
    """One page of rows that descend by a unique field.

    :param parse: a cursor's text to the field's value; raises for text that is none.
    :param render: the other way round.
    """
    after, before = request.GET.get(AFTER), request.GET.get(BEFORE)
    if after:
        newer = list(rows.filter(**{f"{field}__gt": parse(after)}).order_by(field)[: size + 1])
        found, more = newer[:size][::-1], len(newer) > size
        has_newer, has_older = more, bool(found)
    else:
        older = rows.filter(**{f"{field}__lt": parse(before)}) if before else rows
        listed = list(older.order_by(f"-{field}")[: size + 1])
        found, has_older = listed[:size], len(listed) > size
        has_newer = bool(before)
    cursor = [render(getattr(row, field)) for row in found]
    return Window(
        found,
        Pager(
            previous=_address(request, AFTER, cursor[0]) if found and has_newer else "",
            next=_address(request, BEFORE, cursor[-1]) if found and has_older else "",
        ),
    )


def _address(request: HttpRequest, name: str, value: str) -> str:
    query = request.GET.copy()
    for old in (BEFORE, AFTER):
        query.pop(old, None)
    query[name] = value
    return f"{request.path}?{query.urlencode()}"
