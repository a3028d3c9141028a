"""Claim, answer and release: each one statement in a transaction of its own.

`synchronous_commit` is off for these: a guard lost in a crash of the server costs nothing but one
rendering, since the reference in the books still holds. It is on for an answer that the books do
not hold, a refusal that left no row: losing that, a retry would be judged anew.

The organization's context is set by the same statement that needs it: the source row of an INSERT
is computed before row-level security judges it, which is why answering is written as an upsert too
(an UPDATE would judge the row first).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import uuid
from typing import Any

from django.db import connection

from api.answers import Answer
from api.idempotency.models import IdempotencyGuard
from kernel.actor import Actor
from kernel.context import context_of, reading

LEASE = dt.timedelta(seconds=60)
KEPT = dt.timedelta(days=7)
REMEMBERED = dt.timedelta(days=30)
PLATFORM = uuid.UUID(int=0)


@dataclasses.dataclass(frozen=True, slots=True)
class Claim:
    """What names one request.

    :param fingerprint: 32 bytes that depend on the route and the meaning of the body.
    """

    actor: Actor
    route: str
    key: str
    fingerprint: bytes
    now: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class Held:
    """The claim succeeded, as this attempt."""

    claim: Claim
    attempt: int


_CONTEXT = """
WITH context AS MATERIALIZED (
    SELECT set_config('vaultcraft.organizations', %(organizations)s, true),
           set_config('vaultcraft.scope', %(scope)s, true),
           set_config('synchronous_commit', %(durable)s, true)
)
"""

_CLAIM = f"""
{_CONTEXT}
INSERT INTO api_idempotency_guard AS guard
    (organization_id, principal, route, key, fingerprint, attempt, lease_expires_at, headers,
     created_at)
SELECT %(organization)s, %(principal)s, %(route)s, %(key)s, %(fingerprint)s, 1, %(lease)s, '{{}}',
       %(now)s
FROM context
ON CONFLICT ON CONSTRAINT idempotency_guard_scope DO UPDATE
    SET attempt = guard.attempt + 1, lease_expires_at = excluded.lease_expires_at
    WHERE guard.status IS NULL
      AND guard.fingerprint = excluded.fingerprint
      AND guard.lease_expires_at <= excluded.created_at
      AND guard.created_at > %(oldest)s
RETURNING attempt
"""  # noqa: S608 - the text is constant, values are parameters

_ANSWER = f"""
{_CONTEXT}
INSERT INTO api_idempotency_guard AS guard
    (organization_id, principal, route, key, fingerprint, attempt, status, body, headers,
     created_at)
SELECT %(organization)s, %(principal)s, %(route)s, %(key)s, %(fingerprint)s, %(attempt)s,
       %(status)s, %(body)s, %(headers)s::jsonb, %(now)s
FROM context
ON CONFLICT ON CONSTRAINT idempotency_guard_scope DO UPDATE
    SET status = excluded.status, body = excluded.body, headers = excluded.headers,
        lease_expires_at = NULL
    WHERE guard.status IS NULL AND guard.attempt = excluded.attempt
RETURNING 1
"""  # noqa: S608

_RELEASE = f"""
{_CONTEXT}
INSERT INTO api_idempotency_guard AS guard
    (organization_id, principal, route, key, fingerprint, attempt, lease_expires_at, headers,
     created_at)
SELECT %(organization)s, %(principal)s, %(route)s, %(key)s, %(fingerprint)s, %(attempt)s, %(now)s,
       '{{}}', %(now)s
FROM context
ON CONFLICT ON CONSTRAINT idempotency_guard_scope DO UPDATE
    SET lease_expires_at = excluded.lease_expires_at
    WHERE guard.status IS NULL AND guard.attempt = excluded.attempt
"""  # noqa: S608


def claimed(claim: Claim) -> Held | None:
    """Take the guard, new or abandoned by a process that died; None when it cannot be had."""
    values = {**_scope(claim), "lease": claim.now + LEASE, "oldest": claim.now - KEPT}
    row = _row(_CLAIM, values)
    return Held(claim=claim, attempt=row[0]) if row else None


def answered(held: Held, answer: Answer) -> bool:
    """Keep the answer; False when another attempt has taken the guard over meanwhile."""
    values = {
        **_scope(held.claim),
        "attempt": held.attempt,
        "status": answer.status,
        "body": answer.body,
        "headers": json.dumps(answer.headers),
        "durable": "off" if answer.recorded else "on",
    }
    return _row(_ANSWER, values) is not None


def released(held: Held) -> None:
    """Let the next attempt begin at once: this one ended without an answer worth keeping."""
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE, {**_scope(held.claim), "attempt": held.attempt})


def known(claim: Claim) -> IdempotencyGuard | None:
    """The guard as it stands."""
    with reading(claim.actor):
        return IdempotencyGuard.objects.filter(
            organization_id=claim.actor.organization_id or PLATFORM,
            principal=claim.actor.principal,
            route=claim.route,
            key=claim.key,
        ).first()


def _scope(claim: Claim) -> dict[str, Any]:
    organizations, scope = context_of(claim.actor).settings
    return {
        "organizations": organizations,
        "scope": scope,
        "durable": "off",
        "organization": claim.actor.organization_id or PLATFORM,
        "principal": claim.actor.principal,
        "route": claim.route,
        "key": claim.key,
        "fingerprint": claim.fingerprint,
        "now": claim.now,
    }


def _row(statement: str, values: dict[str, Any]) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row
