"""Telling the chain's heads to places the database does not reach: a file, and the log.

Whoever cuts the end off the chain, or puts an old copy of the database in its place, would have to
do the same there. A line is one JSON object; the file only grows.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

import structlog

from audit.models import AuditSeal
from kernel.actor import Actor
from kernel.context import reading
from kernel.errors import InvariantBroken

log = structlog.get_logger("audit")

MOST_AT_ONCE = 10_000
_TAIL_BYTES = 4096  # a line has about 300


def tell_heads(*, actor: Actor, path: Path | None) -> int:
    """Add the seals that are not in the file yet, and log the newest; how many were added.

    Called outside of transactions. Several processes may call it at once.

    :param path: the file; None where there is only the log.
    :raises InvariantBroken: if the file knows a seal that the table does not have.
    :raises OSError: if the file cannot be written; the next call adds what is missing.
    """
    if path is None:
        return _logged(_after(actor, 0, newest=True))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        last = _last_told(file)
        _require_known(actor, last)
        heads = _after(actor, last["number"] if last else 0)
        _append(file, heads)
    return _logged(heads)


def _append(file: BinaryIO, heads: Iterable[dict[str, object]]) -> None:
    written = "".join(json.dumps(head) + "\n" for head in heads)
    file.write(written.encode())
    file.flush()
    os.fsync(file.fileno())


def _last_told(file: BinaryIO) -> dict[str, Any] | None:
    """The last whole line; a line torn by a crash is cut off, its seal is told again."""
    size = file.seek(0, os.SEEK_END)
    start = file.seek(max(size - _TAIL_BYTES, 0))
    tail = file.read()
    whole, _, torn = tail.rpartition(b"\n")
    if torn:
        file.truncate(start + len(tail) - len(torn))
    lines = whole.rsplit(b"\n", 1)
    return json.loads(lines[-1]) if lines[-1] else None


def _require_known(actor: Actor, told: dict[str, Any] | None) -> None:
    if told is None:
        return
    with reading(actor):
        found = AuditSeal.objects.filter(number=told["number"]).first()
    if found is None or bytes(found.digest).hex() != told["digest"]:
        raise InvariantBroken(f"seal {told['number']} was told to others and is not in the table")


def _after(actor: Actor, number: int, *, newest: bool = False) -> list[dict[str, object]]:
    with reading(actor):
        seals = AuditSeal.objects.filter(number__gt=number)
        chosen = (
            seals.order_by("-number")[:1] if newest else seals.order_by("number")[:MOST_AT_ONCE]
        )
        return [head_of(seal) for seal in chosen]


def head_of(seal: AuditSeal) -> dict[str, object]:
    """What is told of a seal: enough to recognize it and everything before it."""
    return {
        "number": seal.number,
        "sealed_at": seal.sealed_at.isoformat(),
        "digest": bytes(seal.digest).hex(),
        "kid": seal.kid,
        "signature": bytes(seal.signature).hex(),
    }


def _logged(heads: list[dict[str, object]]) -> int:
    if heads:
        log.info("audit_head", **heads[-1])
    return len(heads)
