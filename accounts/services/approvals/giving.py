"""Giving an approval: a proof that it is the person, bound to what they were shown."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid

from accounts.choices import ApprovalMethod, FactorMethod
from accounts.models import Approval
from accounts.services.approvals.binding import Binding
from accounts.services.challenges import Challenge, answer_to_approve, challenge_to_approve
from accounts.services.pins import require_counting_pin, verify_pin
from audit.services import record
from kernel.actor import Actor, ActorKind
from kernel.errors import PermissionDenied
from kernel.transactions import opens_transaction

LASTS = dt.timedelta(minutes=5)


@dataclasses.dataclass(frozen=True, slots=True)
class Proof:
    """What the person shows.

    :param secret: a PIN, a code, or what `navigator.credentials.get` gave, as JSON.
    :param challenge: the challenge that it answers (see `ask_to_approve`); a PIN answers none.
    """

    method: ApprovalMethod
    secret: str = dataclasses.field(repr=False)
    challenge: str = dataclasses.field(default="", repr=False)


_FACTORS = {
    ApprovalMethod.PASSKEY: FactorMethod.PASSKEY,
    ApprovalMethod.TOTP: FactorMethod.TOTP,
    ApprovalMethod.EMAIL_OTP: FactorMethod.EMAIL,
}
# What a challenge to approve offers, by the names of approvals.
METHOD_OF = {factor: method for method, factor in _FACTORS.items()}


@dataclasses.dataclass(frozen=True, slots=True)
class _Giver:
    """Who approves, and in which session."""

    user_id: uuid.UUID
    session_id: uuid.UUID

    @classmethod
    def of(cls, actor: Actor) -> _Giver:
        if actor.kind is not ActorKind.USER or actor.id is None or actor.session_id is None:
            raise PermissionDenied("Only a person who is signed in can approve.")
        return cls(actor.id, actor.session_id)


def approve(*, actor: Actor, binding: Binding, proof: Proof, now: dt.datetime) -> Approval:
    """Approve one movement. It counts for `LASTS`, in this session, once.

    The proof is checked, and its try counted, before the approval is written. Records
    `accounts.approval.give`.

    :raises PermissionDenied: unless the actor is a person who came with a session.
    :raises VaultCraftError: what the check of the proof raises, such as `WrongPin`.
    """
    giver = _Giver.of(actor)
    _check(actor=actor, giver=giver, binding=binding, proof=proof, now=now)
    return _give(actor=actor, giver=giver, binding=binding, method=proof.method, now=now)


def ask_to_approve(*, actor: Actor, binding: Binding, words: str, now: dt.datetime) -> Challenge:
    """A challenge for other methods than the PIN, good for this binding alone.

    :param words: amount and payee, for the mail that may carry a code.
    :raises PermissionDenied: unless the actor is a person who came with a session.
    :raises VaultCraftError: what `challenge_to_approve` raises.
    """
    return challenge_to_approve(
        actor=actor,
        session_id=_Giver.of(actor).session_id,
        binding=binding.facts_hash,
        words=words,
        now=now,
    )


def _check(
    *, actor: Actor, giver: _Giver, binding: Binding, proof: Proof, now: dt.datetime
) -> None:
    if proof.method is ApprovalMethod.PIN:
        require_counting_pin(actor=actor, now=now)
        verify_pin(actor=actor, pin=proof.secret, now=now)
        return
    answer_to_approve(
        actor=actor,
        session_id=giver.session_id,
        binding=binding.facts_hash,
        challenge=proof.challenge,
        method=_FACTORS[proof.method],
        proof=proof.secret,
        now=now,
    )


@opens_transaction
def _give(
    *, actor: Actor, giver: _Giver, binding: Binding, method: ApprovalMethod, now: dt.datetime
) -> Approval:
    approval = Approval.objects.create(
        user_id=giver.user_id,
        organization_id=actor.organization_id,
        session_id=giver.session_id,
        device_id=actor.device_id,
        kind=binding.kind,
        source_wallet_id=binding.source_wallet_id,
        destination_wallet_id=binding.destination_wallet_id,
        amount_minor=binding.amount_minor,
        fee_minor=binding.fee_minor,
        currency=binding.currency,
        quote_id=binding.quote_id,
        subject_id=binding.subject_id,
        item_count=binding.item_count,
        facts_hash=binding.facts_hash,
        method=method,
        made_at=now,
        expires_at=now + LASTS,
    )
    record(
        actor=actor,
        action="accounts.approval.give",
        subject_type="approval",
        subject_id=approval.id,
        organization_id=actor.organization_id,
        metadata={
            "kind": str(binding.kind),
            "method": str(method),
            "amount_minor": binding.amount_minor,
            "currency": binding.currency,
            "facts": binding.facts_hash.hex(),
        },
        now=now,
    )
    return approval
