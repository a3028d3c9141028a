"""Evidence and events of acts that wait, and of what became of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from accounts.models import PendingAct
from audit.services import Act, record_many
from events.services import Fact, emit_many
from kernel.actor import Actor
from kernel.transactions import needs_transaction


@needs_transaction
def tell_all(
    done: Sequence[tuple[Actor, PendingAct]],
    *,
    verb: str,
    happened: str,
    now: dt.datetime | None = None,
) -> None:
    """Record `accounts.pending_act.<verb>` and emit `.<happened>` for each, in two statements.

    :param now: when it happened; None: when each act was made.
    """
    record_many([_act(actor, act, verb, now or act.made_at) for actor, act in done])
    emit_many([_fact(actor, act, happened, now or act.made_at) for actor, act in done])


def _act(actor: Actor, act: PendingAct, verb: str, now: dt.datetime) -> Act:
    return Act(
        actor=actor,
        action=f"accounts.pending_act.{verb}",
        subject_type="pending_act",
        subject_id=act.id,
        organization_id=act.organization_id,
        metadata={**_told(act), "facts": act.facts} if verb == "make" else _told(act),
        now=now,
    )


def _fact(actor: Actor, act: PendingAct, happened: str, now: dt.datetime) -> Fact:
    return Fact(
        name=f"accounts.pending_act.{happened}",
        organization_id=act.organization_id,
        subject_id=act.id,
        payload=_told(act),
        actor=actor,
        now=now,
    )


def _told(act: PendingAct) -> dict[str, object]:
    return {
        "pending_act_id": str(act.id),
        "kind": act.kind,
        "state": str(act.state),
        "amount_minor": act.amount_minor,
        "currency": act.currency,
        "maker_id": str(act.maker_id),
        "checker_id": str(act.checker_id) if act.checker_id else None,
        "reason_code": act.reason_code or None,
        "result_type": act.result_type or None,
        "result_id": str(act.result_id) if act.result_id else None,
    }
