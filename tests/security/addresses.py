"""Every address of the house, made from its URL configuration: nobody can forget to list one."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

_FILLED = {"path": "x", "str": "x", "int": "1", "slug": "x", "uuid": str(uuid.UUID(int=0))}


def addresses() -> list[str]:
    """One concrete path for each pattern; ids in it name nothing."""
    patterns = _patterns(get_resolver().url_patterns, "")
    return sorted({f"/{_concrete(pattern)}" for pattern in patterns})


def pages() -> list[str]:
    """Those that browsers ask for: all but the operations of the API."""
    return [path for path in addresses() if not path.startswith("/api/") or path in API_PAGES]


def addresses_with(token: str) -> list[str]:
    """Those that carry a token in their path, as links in mails do, with this one in its place."""
    return [
        f"/{_concrete(pattern.replace('<str:token>', token))}"
        for pattern in _patterns(get_resolver().url_patterns, "")
        if "<str:token>" in pattern
    ]


API_PAGES = ("/api/v1/docs", "/api/v1/errors", "/api/v1/openapi.json")


def _patterns(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[str]:
    for one in patterns:
        here = before + str(one.pattern).strip("^$")
        if isinstance(one, URLResolver):
            yield from _patterns(one.url_patterns, here)
        else:
            yield here


def _concrete(pattern: str) -> str:
    """A pattern with something in each place: of a route and of a regular expression."""
    filled = re.sub(r"<(?:(\w+):)?\w+>", lambda match: _FILLED[match[1] or "str"], _named(pattern))
    return filled.strip("^$")


def _named(pattern: str) -> str:
    """The first of the alternatives of each named group."""
    return re.sub(r"\(\?P<\w+>([^|)]*)[^)]*\)", lambda match: match[1].replace(".*", "x"), pattern)
