"""Leading every alias of the settings to one database or another."""

from __future__ import annotations

from django.db import connections


def point_at(name: str) -> str:
    """Lead every alias, in this and later threads, to a database; return the previous one."""
    previous = str(connections.settings["default"]["NAME"])
    if name != previous:
        close_connections()
        for alias in connections:
            connections.settings[alias]["NAME"] = name
    return previous


def close_connections() -> None:
    """Close this thread's connections."""
    for connection in connections.all(initialized_only=True):
        connection.close()
