"""Telling the chain's heads to places the database does not reach: a file, and the log.

Whoever cuts the end off the chain, or puts an old copy of the database in its place, would have to
do the same there. A line is one JSON object; the file only grows. Its first line says after which
seal it begins: with a new installation that is none, afterwards only a person begins another file.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import structlog

from audit.chain import BEGINNING
from audit.errors import ChainBroken, HeadsStand, HeadsUnreadable
from audit.models import AuditChain, AuditSeal
from audit.services.recording import record
from audit.services.sealing import whole_chain
from kernel.actor import Actor
from kernel.context import reading
from kernel.transactions import opens_transaction

log = structlog.get_logger("audit")

MOST_AT_ONCE = 10_000
_TAIL_BYTES = 4096  # a line has about 300


def require_told(*, actor: Actor, path: Path, now: dt.datetime) -> None:
    """Refuse to go on where the file of heads knows better than the table, or is gone.

    Before the very first seal the file is begun here.

    :raises ChainBroken: the file knows a seal that the table does not have, or there are seals and
        no file that was begun.
    :raises OSError: if the file cannot be read, or not be begun.
    """
    told = _told(path)
    if told is not None:
        _require_known(actor, told)
        return
    with reading(actor):
        known = AuditChain.objects.first()
    if known is None:
        raise ChainBroken("what is known of the chain is gone")
    if known.number:
        raise ChainBroken(f"seal {known.number} was made, and the file of heads {path} is gone")
    _begin(path, number=0, digest=BEGINNING, now=now)


def tell_heads(*, actor: Actor, path: Path) -> int:
    """Add the seals that are not in the file yet, and log the newest; how many were added.

    Called outside of transactions. Several processes may call it at once.

    :param path: the file, which was begun.
    :raises ChainBroken: if the file knows a seal that the table does not have.
    :raises OSError: if the file cannot be written; the next call adds what is missing.
    """
    with _alone_in(path) as file:
        last = _last_told(file)
        if last is None:
            raise ChainBroken(f"nobody has begun the file of heads {path}")
        _require_known(actor, last)
        heads = _after(actor, last["number"])
        _append(file, heads)
    if heads:
        log.info("audit_head", **heads[-1])
    return len(heads)


def begin_heads(*, actor: Actor, path: Path, reason: str, now: dt.datetime) -> Path | None:
    """Begin another file of heads after the present end of the chain; where the old one is kept.

    For who knows why the file and the table differ: a backup was put back, or the file has another
    place. Records `audit.heads.begin`, and then sets the old file aside under another name.

    :param reason: why, for the record; no personal data.
    :raises HeadsStand: if the file agrees with the table.
    :raises ChainBroken: if the table itself lost seals.
    :raises OSError: if the files cannot be written; run it again then.
    """
    try:
        told = _told(path)
    except HeadsUnreadable:
        told = None  # it is kept beside the new one
    if told is not None and _knows(actor, told):
        raise HeadsStand
    aside = path.with_name(f"{path.name}.{now:%Y%m%dT%H%M%SZ}") if path.exists() else None
    number, digest = _record_beginning(actor=actor, told=told, aside=aside, reason=reason, now=now)
    if aside is not None:
        path.rename(aside)
    _begin(path, number=number, digest=digest, now=now)
    return aside


@opens_transaction
def _record_beginning(
    *,
    actor: Actor,
    told: dict[str, Any] | None,
    aside: Path | None,
    reason: str,
    now: dt.datetime,
) -> tuple[int, bytes]:
    number, digest, _ = whole_chain()
    record(
        actor=actor,
        action="audit.heads.begin",
        subject_type="audit_chain",
        subject_id=None,
        metadata={
            "after": number,
            "digest": digest.hex(),
            "told": told and {"number": told["number"], "digest": told["digest"]},
            "kept_as": aside and aside.name,
            "reason": reason,
        },
        now=now,
    )
    return number, digest


def _begin(path: Path, *, number: int, digest: bytes, now: dt.datetime) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone_in(path, make=True) as file:
        if _last_told(file) is None:
            first = {"number": number, "digest": digest.hex(), "begun": now.isoformat()}
            _append(file, [first])


@contextlib.contextmanager
def _alone_in(path: Path, *, make: bool = False) -> Iterator[BinaryIO]:
    """The file, for reading and for writing at its end, and nobody else's meanwhile."""
    flags = os.O_RDWR | os.O_APPEND | (os.O_CREAT if make else 0)
    with os.fdopen(os.open(path, flags, 0o644), "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # closing the file gives it back
        yield file


def _append(file: BinaryIO, heads: Iterable[Mapping[str, object]]) -> None:
    written = "".join(json.dumps(head) + "\n" for head in heads)
    file.write(written.encode())
    file.flush()
    os.fsync(file.fileno())


def _told(path: Path) -> dict[str, Any] | None:
    """What the file ends with; None where there is no file, or nothing in it."""
    with contextlib.suppress(FileNotFoundError), _alone_in(path) as file:
        return _last_told(file)
    return None


def _last_told(file: BinaryIO) -> dict[str, Any] | None:
    """The last whole line; a line torn by a crash is cut off, its seal is told again."""
    size = file.seek(0, os.SEEK_END)
    start = file.seek(max(size - _TAIL_BYTES, 0))
    tail = file.read()
    whole, _, torn = tail.rpartition(b"\n")
    if torn:
        file.truncate(start + len(tail) - len(torn))
    lines = whole.rsplit(b"\n", 1)
    return _read(lines[-1]) if lines[-1] else None


def _read(line: bytes) -> dict[str, Any]:
    """What a line tells.

    :raises HeadsUnreadable: if it is none of ours: nobody knows then what was told.
    """
    try:
        told = json.loads(line)
    except ValueError:
        told = None
    known = isinstance(told, dict) and isinstance(told.get("digest"), str)
    if not known or type(told.get("number")) is not int:
        raise HeadsUnreadable("the last line of the file of heads cannot be read")
    return dict(told)


def _require_known(actor: Actor, told: dict[str, Any]) -> None:
    if not _knows(actor, told):
        raise ChainBroken(f"seal {told['number']} was told to others and is not in the table")


def _knows(actor: Actor, told: dict[str, Any]) -> bool:
    """Whether the table has the seal that a line tells of; what is before the first, always."""
    if told["number"] == 0:
        return True
    with reading(actor):
        found = AuditSeal.objects.filter(number=told["number"]).first()
    return found is not None and bytes(found.digest).hex() == told["digest"]


def _after(actor: Actor, number: int) -> list[dict[str, object]]:
    with reading(actor):
        seals = AuditSeal.objects.filter(number__gt=number).order_by("number")
        return [head_of(seal) for seal in seals[:MOST_AT_ONCE]]


def head_of(seal: AuditSeal) -> dict[str, object]:
    """What is told of a seal: enough to recognize it and everything before it."""
    return {
        "number": seal.number,
        "sealed_at": seal.sealed_at.isoformat(),
        "digest": bytes(seal.digest).hex(),
        "kid": seal.kid,
        "signature": bytes(seal.signature).hex(),
    }
