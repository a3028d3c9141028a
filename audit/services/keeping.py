"""Keeping the chain: look whether it is whole, seal, and tell its heads."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import structlog
from django.db.models.functions import Coalesce

from audit.errors import ChainBroken
from audit.models import AuditChain
from audit.services.heads import require_told, tell_heads
from audit.services.sealing import seal_records
from kernel.actor import Actor
from kernel.transactions import opens_transaction

log = structlog.get_logger("audit")


def keep_chain(*, actor: Actor, path: Path, now: dt.datetime) -> int:
    """Seal what was recorded, unless seals are gone, and tell the heads; how many were made.

    Fails closed: where the chain is not what it is known to have been, or the file cannot be read
    or written, nothing is sealed, a row says since when and why, and an error is logged at every
    attempt. Acts go on being recorded.

    :param path: the file of heads.
    :raises ChainBroken: seals are gone, or the file of heads is, or cannot be understood.
    :raises OSError: the file of heads cannot be read or written.
    """
    try:
        require_told(actor=actor, path=path, now=now)
        made = seal_records(actor=actor, now=now)
        tell_heads(actor=actor, path=path)
    except (ChainBroken, OSError) as broken:
        because = _because(broken)
        log.error("audit_sealing_refused", because=because)
        _note(actor=actor, because=because, now=now)
        raise
    _note(actor=actor, because="", now=now)
    return made


def _because(broken: ChainBroken | OSError) -> str:
    if isinstance(broken, ChainBroken):
        return str(broken)
    return f"the file of heads cannot be read or written: {broken.strerror or broken}"


@opens_transaction
def _note(*, actor: Actor, because: str, now: dt.datetime) -> None:
    """Keep since when sealing is refused, and why now; nothing where it goes on."""
    chain = AuditChain.objects.exclude(refused_because=because)
    chain.update(
        refused_because=because, refused_since=Coalesce("refused_since", now) if because else None
    )
