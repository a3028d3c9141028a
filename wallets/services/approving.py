"""Approving a movement before it is asked for: judged first, so that no PIN is asked for nothing.

What is approved is what execution would compare: the binding comes from the same judgment.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

from accounts.models import Approval
from accounts.services.approvals import Proof, approve, asks
from kernel.actor import Actor
from kernel.errors import PermissionDenied
from wallets.services.holds import HoldRequest, rehearse_hold
from wallets.services.transfers import Question, TransferRequest, bundled, rehearse_transfers


def approve_movement(*, request: TransferRequest, proof: Proof) -> Approval:
    """Approve one transfer, capture or reversal; see `accounts.services.approvals.approve`.

    :raises VaultCraftError: what the books would say to it now, or what the check of the proof
        raises.
    """
    _require_person(request.actor)
    rehearsal = rehearse_transfers([dataclasses.replace(request, approval_id=None)])[0]
    if rehearsal.error is not None:
        raise rehearsal.error
    return _approve(request.actor, rehearsal.question, proof, now=request.now)


def approve_batch(
    *, requests: Sequence[TransferRequest], all_or_nothing: bool, proof: Proof
) -> Approval:
    """Approve the items of a batch as one: their number, their sum, and a hash of each.

    :raises VaultCraftError: if every item would be refused: what the first would be refused for;
        or what the check of the proof raises.
    """
    _require_person(requests[0].actor)
    rehearsals = rehearse_transfers(bundled(requests), all_or_nothing=all_or_nothing)
    question = next((one.question for one in rehearsals if one.question), None)
    errors = [one.error for one in rehearsals if one.error]
    if errors and (all_or_nothing or len(errors) == len(rehearsals)):
        raise errors[0]
    return _approve(requests[0].actor, question, proof, now=requests[0].now)


def approve_hold(*, request: HoldRequest, proof: Proof) -> Approval:
    """Approve the placing of a hold.

    :raises VaultCraftError: what the books would say to it now, or what the check of the proof
        raises.
    """
    _require_person(request.actor)
    rehearsal = rehearse_hold(request)
    return approve(actor=request.actor, binding=rehearsal.binding, proof=proof, now=request.now)


def _approve(
    actor: Actor, question: Question | None, proof: Proof, *, now: dt.datetime
) -> Approval:
    if question is None:
        raise PermissionDenied("There is nothing for you to approve.")
    return approve(actor=actor, binding=question.binding, proof=proof, now=now)


def _require_person(actor: Actor) -> None:
    if not asks(actor):
        raise PermissionDenied("Only a person of an organization approves movements.")
