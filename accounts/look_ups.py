"""Rows that are found before it is known whose tenant they are: whoever asks shows an exact secret.

Row security shows a request nothing until its organization is known, and these tell it. They call
functions that run as the tables' owner (migration `accounts.0005`), so each is one statement and
needs no transaction. The columns are those of the models: a new one is in the answer by itself.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import uuid
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model

from accounts.models import ApiKey, Organization, SignInSession, User

# Proofs stay where they are; whoever needs one reads it under a view of their own.
_LEFT_OUT = frozenset({"password", "secret_hash"})


@dataclasses.dataclass(frozen=True, slots=True)
class LookUp:
    """One function of the database: how it is called, and the rows it gives, by name."""

    call: str
    rows: tuple[tuple[str, type[Model]], ...]

    @property
    def statement(self) -> str:
        """Its text, the same for every call."""
        columns = ", ".join(
            f'(found.{name})."{field.column}"'
            for name, model in self.rows
            for field in _fields(model)
        )
        return f"SELECT {columns} FROM {self.call} AS found"  # noqa: S608 - of constants

    def read(self, row: Sequence[Any]) -> Iterator[Any]:
        """The objects of one answer; None for a row that is not there."""
        values = list(row)
        for _, model in self.rows:
            names = [field.attname for field in _fields(model)]
            own, values = values[: len(names)], values[len(names) :]
            there = any(value is not None for value in own)
            yield model.from_db(DEFAULT_DB_ALIAS, names, own) if there else None


LIVE_SESSION = LookUp(
    "accounts_live_session(%s, %s)",
    (("session", SignInSession), ("person", User), ("organization", Organization)),
)
LIVE_SESSIONS = LookUp(
    "unnest(%s::uuid[]) AS wanted (id), accounts_live_session(wanted.id, %s)", LIVE_SESSION.rows
)
API_KEY = LookUp(
    "accounts_api_key(%s)",
    (("key", ApiKey), ("organization", Organization)),
)


def session_with_id(*, session_id: uuid.UUID, now: dt.datetime) -> SignInSession | None:
    """The session that is neither revoked nor over, with its person and their organization."""
    found = first(LIVE_SESSION, session_id, now)
    if found is None:
        return None
    session, session.user, session.user.organization = found
    return session  # type: ignore[no-any-return]


def sessions_with_ids(
    *, session_ids: Collection[uuid.UUID], now: dt.datetime
) -> Iterator[SignInSession]:
    """Those of the sessions that are neither revoked nor over, as `session_with_id`. One statement.

    Whoever asks has shown the secret of each before.
    """
    with connection.cursor() as cursor:
        cursor.execute(_statement(LIVE_SESSIONS), [list(session_ids), now])
        rows = cursor.fetchall()
    for row in rows:
        session, session.user, session.user.organization = LIVE_SESSIONS.read(row)
        yield session


def key_with_hash(secret_hash: bytes) -> ApiKey | None:
    """The API key of this hash, revoked or not, with its organization."""
    found = first(API_KEY, secret_hash)
    if found is None:
        return None
    key, key.organization = found
    return key  # type: ignore[no-any-return]


def first(look_up: LookUp, *shown: Any) -> Iterator[Any] | None:
    """The rows of one answer, in the order of the look-up; None when there is no answer."""
    with connection.cursor() as cursor:
        cursor.execute(_statement(look_up), shown)
        row = cursor.fetchone()
    return None if row is None else look_up.read(row)


@functools.cache
def _statement(look_up: LookUp) -> str:
    """Every request begins with one of them: written once."""
    return look_up.statement


@functools.cache
def _fields(model: type[Model]) -> tuple[Any, ...]:
    """What is read of a table, in the order in which Django builds its rows."""
    return tuple(field for field in model._meta.concrete_fields if field.name not in _LEFT_OUT)
