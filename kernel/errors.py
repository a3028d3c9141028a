"""What can go wrong, in words that stay the same for as long as the API lives.

A foreseen outcome is a `VaultCraftError` subclass: it has a kind (each door maps a kind with one
table), a stable code, a title, and facts that are safe to show. `InvariantBroken` is different: it
says that our own books or code are wrong, and no caller may catch it.
"""

from __future__ import annotations

import enum
from typing import ClassVar


class Kind(enum.Enum):
    """How a door should treat an error, without knowing what it is about."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    REFUSED = "refused"
    LIMIT = "limit"
    UNAVAILABLE = "unavailable"


class VaultCraftError(Exception):
    """A foreseen refusal with a stable code.

    :param detail: one sentence for a person, about this occurrence.
    :param facts: values that help a client decide, never secrets or other tenants' data.
    :param pointer: JSON pointer of the input that caused it, if one did.
    """

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "invalid"
    title: ClassVar[str] = "The request is not valid"
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        detail: str = "",
        *,
        facts: dict[str, object] | None = None,
        pointer: str | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.facts = facts or {}
        self.pointer = pointer


class InvariantBroken(Exception):
    """The books or the code contradict themselves: stop, answer 500, wake somebody."""


class Busy(VaultCraftError):
    """The database could not give the locks in time; nothing was written."""

    kind = Kind.UNAVAILABLE
    code = "busy"
    title = "The service is busy; try again"
    retryable = True


class PermissionDenied(VaultCraftError):
    """The actor is known and may not do this."""

    kind = Kind.FORBIDDEN
    code = "permission_denied"
    title = "You may not do this"


class NotFound(VaultCraftError):
    """There is no such thing, or it belongs to somebody else: the answer is the same."""

    kind = Kind.NOT_FOUND
    code = "not_found"
    title = "There is no such thing"


def registered_errors() -> dict[str, type[VaultCraftError]]:
    """Every error class in the program by its code.

    :raises InvariantBroken: if two classes claim one code.
    """
    found: dict[str, type[VaultCraftError]] = {}
    waiting: list[type[VaultCraftError]] = [VaultCraftError]
    while waiting:
        error = waiting.pop()
        known = found.setdefault(error.code, error)
        if known is not error and "code" in vars(error):
            raise InvariantBroken(f"error code {error.code!r} is claimed twice")
        waiting.extend(error.__subclasses__())
    return found
