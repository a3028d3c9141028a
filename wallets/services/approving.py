"""Approving a movement before it is asked for: judged first, so that no PIN is asked for nothing.

What is approved is what execution would compare: the binding comes from the same judgment.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

from accounts.choices import ApprovalKind
from accounts.models import Approval
from accounts.services.approvals import Proof, approve, ask_to_approve, asks
from accounts.services.challenges import Challenge
from kernel.actor import Actor
from kernel.context import Context, reading_as
from kernel.errors import PermissionDenied
from kernel.money import display
from ledger.queries import currencies
from wallets.errors import DualControlRequired
from wallets.services.holds import HoldRequest, rehearse_hold
from wallets.services.transfers import (
    Question,
    Rehearsal,
    TransferRequest,
    bundled,
    rehearse_transfers,
)
from wallets.services.transfers.planning import Draft


def approve_movement(*, request: TransferRequest, proof: Proof) -> Approval:
    """Approve one transfer, capture or reversal; see `accounts.services.approvals.approve`.

    :raises VaultCraftError: what the books would say to it now, or what the check of the proof
        raises.
    """
    _require_person(request.actor)
    rehearsal = rehearse_transfers([dataclasses.replace(request, approval_id=None)])[0]
    _require_no_refusal([rehearsal], all_or_nothing=False)
    return _approve(request.actor, rehearsal.question, proof, now=request.now)


def approve_batch(
    *, requests: Sequence[TransferRequest], all_or_nothing: bool, proof: Proof
) -> Approval:
    """Approve the items of a batch as one: their number, their sum, and a hash of each.

    :raises VaultCraftError: if every item would be refused: what the first would be refused for;
        or what the check of the proof raises.
    """
    question = _batch_question(requests, all_or_nothing=all_or_nothing)
    return _approve(requests[0].actor, question, proof, now=requests[0].now)


def _batch_question(
    requests: Sequence[TransferRequest], *, all_or_nothing: bool
) -> Question | None:
    _require_person(requests[0].actor)
    rehearsals = rehearse_transfers(
        bundled(requests, all_or_nothing=all_or_nothing), all_or_nothing=all_or_nothing
    )
    _require_no_refusal(rehearsals, all_or_nothing=all_or_nothing)
    return next((one.question for one in rehearsals if one.question), None)


def approve_hold(*, request: HoldRequest, proof: Proof) -> Approval:
    """Approve the placing of a hold.

    :raises VaultCraftError: what the books would say to it now, or what the check of the proof
        raises.
    """
    _require_person(request.actor)
    rehearsal = rehearse_hold(request)
    return approve(actor=request.actor, binding=rehearsal.binding, proof=proof, now=request.now)


def ask_to_approve_movement(*, request: TransferRequest) -> Challenge:
    """A challenge to approve one transfer, capture or reversal by another way than the PIN.

    :raises VaultCraftError: as `approve_movement`, and what `ask_to_approve` raises.
    """
    _require_person(request.actor)
    rehearsal = rehearse_transfers([dataclasses.replace(request, approval_id=None)])[0]
    _require_no_refusal([rehearsal], all_or_nothing=False)
    return _ask(request.actor, rehearsal.question, now=request.now)


def ask_to_approve_batch(*, requests: Sequence[TransferRequest], all_or_nothing: bool) -> Challenge:
    """The same for the items of a batch as one."""
    return _ask(
        requests[0].actor,
        _batch_question(requests, all_or_nothing=all_or_nothing),
        now=requests[0].now,
    )


def ask_to_approve_hold(*, request: HoldRequest) -> Challenge:
    """The same for the placing of a hold."""
    _require_person(request.actor)
    rehearsal = rehearse_hold(request)
    amount = _shown(request.amount_minor, request.currency)
    return ask_to_approve(
        actor=request.actor,
        binding=rehearsal.binding,
        words=f"holding {amount} for {rehearsal.payee_name}",
        now=request.now,
    )


def _ask(actor: Actor, question: Question | None, *, now: dt.datetime) -> Challenge:
    if question is None:
        raise PermissionDenied("There is nothing for you to approve.")
    return ask_to_approve(actor=actor, binding=question.binding, words=_words(question), now=now)


def _words(question: Question) -> str:
    """Amount and payee: what a code that is mailed says it approves."""
    binding, first = question.binding, question.drafts[0]
    amount = _shown(binding.amount_minor, binding.currency) if binding.currency else "several sums"
    if binding.kind == ApprovalKind.BATCH:
        return f"sending {amount} in {binding.item_count} transfers"
    return f"sending {amount} to {_payee(first)}"


def _payee(draft: Draft) -> str:
    """RTS on strong customer authentication, article 5: the payer is made aware of the payee."""
    payee, payout = draft.destination, draft.request.payout
    if payee is not None:
        return f"{payee.holder_name} ({payee.handle})"
    if payout is None or payout.account is None:
        return "the bank"
    account = payout.account
    return f"{account.name} ({account.bank_code} {payout.shown})"


def _shown(amount_minor: int, currency: str) -> str:
    with reading_as(Context()):
        exponents = {one.code: one.exponent for one in currencies()}
    return display(amount_minor=amount_minor, currency=currency, exponent=exponents[currency])


def _approve(
    actor: Actor, question: Question | None, proof: Proof, *, now: dt.datetime
) -> Approval:
    if question is None:
        raise PermissionDenied("There is nothing for you to approve.")
    return approve(actor=actor, binding=question.binding, proof=proof, now=now)


def _require_no_refusal(rehearsals: Sequence[Rehearsal], *, all_or_nothing: bool) -> None:
    """Approve nothing of which nothing would come.

    What will wait for a second person is approved all the same, by whoever asks for it.
    """
    errors = [
        one.error
        for one in rehearsals
        if one.error and (all_or_nothing or not isinstance(one.error, DualControlRequired))
    ]
    if errors and (all_or_nothing or len(errors) == len(rehearsals)):
        raise errors[0]


def _require_person(actor: Actor) -> None:
    if not asks(actor):
        raise PermissionDenied("Only a person of an organization approves movements.")
