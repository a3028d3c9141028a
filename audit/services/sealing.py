"""Sealing: link after link over everything that was recorded, in order, missing nothing.

Below the oldest running transaction no record can appear any more. Each seal takes what was
written between the line of the seal before it and the present one, so a record that commits late
waits for a later seal, and none is in two. A chain that lost its end is not gone on with: it would
look whole again.
"""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import connection

from audit import chain
from audit.errors import ChainBroken
from audit.models import AuditSeal
from kernel.actor import Actor
from kernel.transactions import needs_transaction, opens_transaction

_LOCK = 0xA0D1_0001  # of PostgreSQL's advisory locks; any number that nobody else takes
# In one seal; those of one transaction are never parted, so there may be more.
MOST_RECORDS = 2_000
MOST_SEALS = 500
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)

# Where this seal ends: the horizon, which is the oldest transaction that still runs, or before the
# transaction with which it would grow too large.
_END = """
SELECT horizon.xid::text, least(horizon.xid, (
    SELECT greatest(r.commit_xid, ((%(start)s::text::bigint) + 1)::text::xid8)
    FROM audit_auditrecord r WHERE r.commit_xid >= %(start)s::xid8
    ORDER BY r.commit_xid OFFSET %(most)s LIMIT 1
))::text
FROM (SELECT audit_line() AS xid) horizon
"""
_TAKEN = """
SELECT r.sequence, audit_digest(r) FROM audit_auditrecord r
WHERE r.commit_xid >= %s::xid8 AND r.commit_xid < %s::xid8 ORDER BY r.sequence
"""
_FIRST = "SELECT min(commit_xid)::text FROM audit_auditrecord WHERE commit_xid >= %s::xid8"
# The chain as it is known beside its seals, and the last of these.
_LAST = """
SELECT c.number, c.digest, c.line::text, s.number, s.digest, c.line > s.up_to
FROM (SELECT 1) always
LEFT JOIN audit_auditchain c ON true
LEFT JOIN (SELECT number, digest, up_to FROM audit_auditseal ORDER BY number DESC LIMIT 1) s ON true
"""


def seal_records(*, actor: Actor, now: dt.datetime) -> int:
    """Seal what is not sealed yet, in short transactions; how many seals were made.

    :raises ChainBroken: if seals are gone that were there, or the chain knows transactions that
        this server has not had.
    """
    for made in range(MOST_SEALS):
        if not _seal_next(actor=actor, now=now):
            return made
    return MOST_SEALS


@opens_transaction
def _seal_next(*, actor: Actor, now: dt.datetime) -> bool:
    """Make one seal; False when there is nothing to seal, or somebody else is at it.

    Takes the advisory lock of sealing. Reads and writes as the platform.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return False
        number, previous, since = whole_chain()
        end = _end(since)
        cursor.execute(_TAKEN, [since, end])
        taken = cursor.fetchall()
    if taken:
        _link(number=number + 1, previous=previous, taken=taken, up_to=end, now=now)
    return bool(taken)


@needs_transaction
def whole_chain() -> tuple[int, bytes, str]:
    """Where the chain ends: number and digest of its last seal, and the line sealing goes on from.

    :raises ChainBroken: if the last seal is not the last that was made.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LAST)
        number, digest, line, last, its_digest, passed = cursor.fetchone()
    if number is None:
        raise ChainBroken("what is known of the chain is gone")
    ends = (last or 0, bytes(its_digest or chain.BEGINNING))
    if ends != (number, bytes(digest)):
        raise ChainBroken(f"the last seal made was {number}, the last one there is {last or 0}")
    if passed:
        raise ChainBroken(f"sealing would go on from {line}, which is after seal {number} ends")
    return number, bytes(digest), line


def _end(since: str) -> str:
    """The transaction below which the next seal takes everything.

    :raises ChainBroken: if it would lie before the end of the last one.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FIRST, [since])
        first = cursor.fetchone()[0] or since
        cursor.execute(_END, {"start": first, "most": MOST_RECORDS})
        horizon, end = cursor.fetchone()
    if int(horizon) < int(since):
        raise ChainBroken(f"the last seal ends at {since}, this server is at {horizon}")
    return str(end)


def _link(
    *,
    number: int,
    previous: bytes,
    taken: list[tuple[int, bytes]],
    up_to: str,
    now: dt.datetime,
) -> None:
    leaves = [bytes(digest) for _, digest in taken]
    seal = chain.Seal(
        number=number,
        sealed_at_us=(now - _EPOCH) // _MICROSECOND,
        record_count=len(leaves),
        root=chain.root_of(leaves),
        previous=previous,
        up_to=int(up_to),
    )
    key = settings.VAULTCRAFT_SEALING_KEYS[0]
    row = AuditSeal(
        number=number,
        sealed_at=now,
        record_count=len(leaves),
        sequences=[sequence for sequence, _ in taken],
        leaves=leaves,
        root=seal.root,
        previous=previous,
        digest=seal.digest,
        kid=key["kid"],
        signature=chain.signed(seal.digest, private_pem=key["private_pem"]),
    )
    _insert(row, up_to=up_to)


def _insert(row: AuditSeal, *, up_to: str) -> None:
    """Write the row with the column that Django does not know."""
    names = [str(field.column) for field in row._meta.concrete_fields]
    values = [getattr(row, field.attname) for field in row._meta.concrete_fields]
    marks = ", ".join(["%s"] * len(values))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO audit_auditseal ({', '.join(names)}, up_to)"  # noqa: S608 - of the model
            f" VALUES ({marks}, %s::xid8)",
            [*values, up_to],
        )
