"""What the database lets this transaction see.

Row-level security asks two settings, both local to the transaction: the organizations whose rows
are visible and, for the few acts that need more, a named scope. Nothing here outlives a
transaction, so a pooled connection can never carry one tenant's view to the next. With neither set
the policies show nothing.
"""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import uuid
from collections.abc import Iterator

from django.db import connection, transaction

from kernel.actor import Actor


class Scope(enum.StrEnum):
    """Named widenings of the view. Each is written on the audit records made under it."""

    PLATFORM = "platform"
    SIGN_IN = "sign_in"


@dataclasses.dataclass(frozen=True, slots=True)
class Context:
    """The organizations whose rows are visible, and a scope where one is needed."""

    organizations: tuple[uuid.UUID, ...] = ()
    scope: Scope | None = None

    @property
    def settings(self) -> tuple[str, str]:
        """The two settings as PostgreSQL reads them: a uuid[] literal and the scope's name."""
        listed = ",".join(str(organization) for organization in self.organizations)
        return (f"{{{listed}}}", self.scope or "")


def context_of(actor: Actor) -> Context:
    """A tenant sees itself, the platform sees all, anybody else sees nothing."""
    if actor.is_platform:
        return Context(scope=Scope.PLATFORM)
    if actor.organization_id is not None:
        return Context(organizations=(actor.organization_id,))
    return Context()


_SET = (
    "SELECT set_config('vaultcraft.organizations', %s, true),"
    " set_config('vaultcraft.scope', %s, true)"
)
_GET = (
    "SELECT coalesce(current_setting('vaultcraft.organizations', true), ''),"
    " coalesce(current_setting('vaultcraft.scope', true), '')"
)


@contextlib.contextmanager
def entered(context: Context) -> Iterator[None]:
    """Set the view for the rest of the current transaction.

    When the transaction is really nested in another (only a test case does that), the outer view
    is put back, so no test sees more than production would.
    """
    nested = len(connection.atomic_blocks) > 1
    before = _current() if nested else None
    # A fresh transaction already sees nothing: an empty view costs no statement.
    if nested or context != Context():
        _set(context.settings)
    yield
    if before is not None:
        _set(before)


def widen(context: Context) -> None:
    """Give the running transaction another view, once it knows which organizations it touches."""
    _set(context.settings)


def _set(settings: tuple[str, str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SET, settings)


def _current() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(_GET)
        organizations, scope = cursor.fetchone()
    return organizations, scope


@contextlib.contextmanager
def reading(actor: Actor) -> Iterator[None]:
    """A read-only transaction that sees what the actor may see.

    Render inside it: a lazy query that runs after the block sees nothing.
    """
    with reading_as(context_of(actor)):
        yield


@contextlib.contextmanager
def reading_as(context: Context) -> Iterator[None]:
    """A read-only transaction with an explicit view, for look-ups no actor stands behind yet."""
    with transaction.atomic(), entered(context):
        if len(connection.atomic_blocks) == 1:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
        yield
