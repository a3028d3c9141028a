"""Standing a connection to another database of the same server in for the default one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator


def connection_to(
    database: str | None,
) -> Callable[[], contextlib.AbstractContextManager[None]]:
    """Make a connection of its own to `database` (None: the product's), to be stood in again and
    again."""
    from django.db import DEFAULT_DB_ALIAS, connections

    own = connections[DEFAULT_DB_ALIAS]
    # A copy without the pool, which is shared by all connections of one alias.
    settings = {**own.settings_dict, "NAME": database or own.settings_dict["NAME"]}
    settings["OPTIONS"] = {
        name: value for name, value in settings["OPTIONS"].items() if name != "pool"
    }
    other = type(own)(settings, DEFAULT_DB_ALIAS)

    @contextlib.contextmanager
    def connected() -> Iterator[None]:
        connections[DEFAULT_DB_ALIAS] = other
        try:
            yield
        finally:
            connections[DEFAULT_DB_ALIAS] = own

    return connected
