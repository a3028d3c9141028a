"""What can be refused in this room."""

from __future__ import annotations

import datetime as dt

from kernel.errors import Kind, VaultCraftError


class TooLongAgo(VaultCraftError):
    """Inboxes have forgotten what happened then: it would have its effect a second time.

    :param earliest: from when on every inbox is complete.
    """

    kind = Kind.REFUSED
    code = "too_long_ago"
    title = "Consumers no longer know what they took then"

    def __init__(self, *, earliest: dt.datetime | None = None) -> None:
        if earliest is None:
            super().__init__()
            return
        at = earliest.isoformat()
        super().__init__(
            f"Consumers no longer know what they took before {at}: ask for that or later",
            facts={"earliest": at},
        )


class NoSuchPlace(VaultCraftError):
    """The relay has never carried anything to that broker, or has left it."""

    kind = Kind.NOT_FOUND
    code = "no_such_place"
    title = "The relay has no place for that broker"
