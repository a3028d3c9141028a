"""Answering a challenge: one try is counted, then the proof is judged, and counts once."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid

from accounts.choices import ChallengePurpose, FactorMethod
from accounts.errors import (
    ChallengeEnded,
    FactorNotOffered,
    InvalidCredentials,
    SecondFactorRefused,
)
from accounts.models import FactorChallenge, User
from accounts.services.challenges.claiming import claim_try, record_failure
from accounts.services.challenges.offering import methods_for
from accounts.services.challenges.opening import bound_device
from accounts.services.challenges.warning import warn_person
from accounts.services.factors import email_otp
from accounts.services.factors.challenge_rows import challenge_named
from accounts.services.factors.holdings import factors_of
from accounts.services.factors.passkeys import spend_assertion
from accounts.services.factors.recovery_codes import spend_recovery_code
from accounts.services.factors.totp import spend_totp
from accounts.services.lookups import view_of_newcomer
from accounts.services.sessions.proving import note_proof
from audit.services import record
from kernel.actor import Actor
from kernel.context import Context, Scope, reading_as
from kernel.crypto import fingerprint
from kernel.transactions import needs_transaction, opens_transaction


@dataclasses.dataclass(frozen=True, slots=True)
class Proof:
    """Who proved what, and when; a session carries the last two."""

    user: User
    method: FactorMethod
    at: dt.datetime


def answer_at_sign_in(
    *, actor: Actor, challenge: str, method: str, proof: str, device: str, now: dt.datetime
) -> Proof:
    """Who answered the challenge of a sign-in; a session may be opened for them now.

    A failure is recorded as `accounts.second_factor.fail`, a success as
    `accounts.second_factor.prove`.

    :param actor: the stranger at the door.
    :param proof: a code, or what `navigator.credentials.get` gave, as JSON.
    :param device: the same as when the challenge was made.
    :raises ChallengeEnded: if it is unknown, expired, used up, answered, or another device's.
    :raises FactorNotOffered: if it does not take the method.
    :raises SecondFactorRefused: if the proof does not fit.
    :raises TooManyFactorTries: if the person's wrong answers reached the cap.
    :raises OneTimeCodesUnavailable: for a code by e-mail while the cache is down.
    :raises InvalidCredentials: if the person was removed or suspended meanwhile.
    """
    found = _judged(
        actor=actor,
        challenge=challenge,
        purpose=ChallengePurpose.SIGN_IN,
        device=device,
        session_id=None,
        method=method,
        proof=proof,
        now=now,
    )
    if not found.user.may_sign_in:
        raise InvalidCredentials()
    return found


def answer_to_step_up(
    *,
    actor: Actor,
    session_id: uuid.UUID,
    challenge: str,
    method: str,
    proof: str,
    now: dt.datetime,
) -> Proof:
    """Note on the session that its person has just proven a second factor; as `answer_at_sign_in`.

    :raises ChallengeEnded: also if the challenge was made for another session.
    """
    return _judged(
        actor=actor,
        challenge=challenge,
        purpose=ChallengePurpose.STEP_UP,
        device=str(session_id),
        session_id=session_id,
        method=method,
        proof=proof,
        now=now,
    )


def answer_to_approve(
    *,
    actor: Actor,
    session_id: uuid.UUID,
    binding: bytes,
    challenge: str,
    method: str,
    proof: str,
    now: dt.datetime,
) -> Proof:
    """That the person of the session approves exactly this; as `answer_at_sign_in`.

    It is no step-up: nothing is noted on the session.

    :param binding: 32 bytes, the hash of what is approved now.
    :raises ChallengeEnded: also if the challenge was made for another session or binding.
    """
    return _judged(
        actor=actor,
        challenge=challenge,
        purpose=ChallengePurpose.APPROVE,
        device=bound_device(session_id=session_id, binding=binding),
        session_id=session_id,
        method=method,
        proof=proof,
        now=now,
    )


def send_code_again(*, actor: Actor, challenge: str, device: str, now: dt.datetime) -> None:
    """Send another code for an open challenge; the older one counts no more.

    :raises ChallengeEnded: if there is no such open challenge for a code by e-mail.
    :raises FactorNotOffered: if the challenge takes no code by e-mail.
    :raises OneTimeCodesUnavailable: if the cache cannot be reached.
    :raises TooManyFactorTries: if too many codes were sent to the person.
    """
    with reading_as(Context(scope=Scope.SIGN_IN)):
        asked = challenge_named(challenge)
        methods = _methods(asked, now) if asked else ()
    if asked is None or not asked.is_open(now=now):
        raise ChallengeEnded()
    if bytes(asked.device_hash) != fingerprint(device):
        raise ChallengeEnded()
    if FactorMethod.EMAIL not in methods:
        raise FactorNotOffered(pointer="/method")
    email_otp.issue(
        actor=actor,
        user=asked.user,
        action=asked.purpose,
        device=device,
        now=now,
        challenge=challenge,
    )


@needs_transaction
def _methods(asked: FactorChallenge, now: dt.datetime) -> tuple[FactorMethod, ...]:
    factors = factors_of(asked.user_id)
    return methods_for(user=asked.user, factors=factors, purpose=asked.purpose, now=now)


def _judged(
    *,
    actor: Actor,
    challenge: str,
    purpose: ChallengePurpose,
    device: str,
    session_id: uuid.UUID | None,
    method: str,
    proof: str,
    now: dt.datetime,
) -> Proof:
    with reading_as(Context(scope=Scope.SIGN_IN)):
        asked = challenge_named(challenge)
    if asked is None:
        raise ChallengeEnded()
    refusal = claim_try(
        actor=actor,
        organization_id=asked.organization_id,
        challenge_id=asked.id,
        purpose=purpose,
        device=device,
        session_id=session_id,
        method=method,
        now=now,
    )
    if refusal is not None:
        raise refusal
    by = FactorMethod(method)
    fits = by is FactorMethod.EMAIL and email_otp.fits(
        user=asked.user, challenge=challenge, action=purpose.value, device=device, code=proof
    )
    proven = _conclude(
        actor=actor,
        organization_id=asked.organization_id,
        challenge_id=asked.id,
        method=by,
        proof=proof,
        mailed_code_fits=fits,
        now=now,
    )
    if not proven:
        raise SecondFactorRefused()
    return Proof(user=asked.user, method=by, at=now)


@opens_transaction(context=view_of_newcomer)
def _conclude(
    *,
    actor: Actor,
    organization_id: uuid.UUID | None,
    challenge_id: uuid.UUID,
    method: FactorMethod,
    proof: str,
    mailed_code_fits: bool,
    now: dt.datetime,
) -> bool:
    """Judge the proof and end the challenge with it, or record why not: both commit.

    Locks the challenge: of several right answers the first passes.
    """
    rows = FactorChallenge.objects.select_related("user").select_for_update(
        no_key=True, of=("self",)
    )
    asked = rows.get(id=challenge_id)
    reason: str | None = "answered"
    if asked.passed_at is None:
        reason = _failing(
            actor=actor,
            asked=asked,
            method=method,
            proof=proof,
            mailed_code_fits=mailed_code_fits,
            now=now,
        )
    if reason is not None:
        record_failure(actor=actor, challenge=asked, method=method, reason=reason, now=now)
        warn_person(actor=actor, user=asked.user, reason=reason, now=now)
        return False
    asked.passed_at, asked.passed_by = now, method
    asked.save(update_fields=["passed_at", "passed_by"])
    _note_on_session(asked=asked, method=method, now=now)
    _record_success(actor=actor, asked=asked, method=method, now=now)
    return True


@needs_transaction
def _failing(
    *,
    actor: Actor,
    asked: FactorChallenge,
    method: FactorMethod,
    proof: str,
    mailed_code_fits: bool,
    now: dt.datetime,
) -> str | None:
    """Why the proof does not count; None if it does, and then it is used up."""
    if method is FactorMethod.PASSKEY:
        return spend_assertion(user=asked.user, challenge=asked, credential=proof, now=now)
    if method is FactorMethod.TOTP:
        fits = spend_totp(user=asked.user, code=proof, now=now)
    elif method is FactorMethod.RECOVERY_CODE:
        fits = spend_recovery_code(actor=actor, user=asked.user, code=proof, now=now)
    else:
        fits = mailed_code_fits
    return None if fits else "wrong_code"


@needs_transaction
def _note_on_session(*, asked: FactorChallenge, method: FactorMethod, now: dt.datetime) -> None:
    if asked.session_id is not None and asked.purpose == ChallengePurpose.STEP_UP:
        note_proof(session_id=asked.session_id, method=method, now=now)


@needs_transaction
def _record_success(
    *, actor: Actor, asked: FactorChallenge, method: FactorMethod, now: dt.datetime
) -> None:
    record(
        actor=actor,
        action="accounts.second_factor.prove",
        subject_type="user",
        subject_id=asked.user_id,
        organization_id=asked.organization_id,
        metadata={"method": method.value, "purpose": asked.purpose},
        now=now,
    )
