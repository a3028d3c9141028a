"""Evidence and facts of what happened to a case: ids and codes, never personal data."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping

from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.transactions import needs_transaction
from kyc.models import Case


@needs_transaction
def tell(
    *,
    actor: Actor,
    case: Case,
    verb: str,
    happened: str,
    tier: int,
    now: dt.datetime,
    metadata: Mapping[str, object] | None = None,
) -> None:
    """Record `kyc.case.<verb>` and emit `kyc.case.<happened>`.

    :param tier: the one asked for, or after a decision the one the person has now.
    """
    note(actor=actor, case=case, verb=verb, now=now, metadata=metadata)
    emit(
        name=f"kyc.case.{happened}",
        organization_id=case.organization_id,
        subject_id=case.id,
        payload={
            "case_id": str(case.id),
            "user_id": str(case.user_id),
            "tier": tier,
            "state": str(case.state),
            "reason": str(case.reason) if case.reason else None,
        },
        actor=actor,
        now=now,
    )


@needs_transaction
def note(
    *,
    actor: Actor,
    case: Case,
    verb: str,
    now: dt.datetime,
    noun: str = "case",
    subject_id: uuid.UUID | None = None,
    metadata: Mapping[str, object] | None = None,
) -> None:
    """Record `kyc.<noun>.<verb>` about the case, or about a document of it."""
    record(
        actor=actor,
        action=f"kyc.{noun}.{verb}",
        subject_type=noun,
        subject_id=subject_id or case.id,
        organization_id=case.organization_id,
        metadata={"user_id": str(case.user_id), **(metadata or {})},
        now=now,
    )
