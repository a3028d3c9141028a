"""Asking for a second factor: when, and by which methods."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid

from accounts import policy
from accounts.choices import ChallengePurpose, FactorMethod
from accounts.errors import FactorNotOffered
from accounts.models import User
from accounts.services.challenges.offering import methods_for
from accounts.services.factors import email_otp
from accounts.services.factors.challenge_rows import LIFETIME, insert_challenge
from accounts.services.factors.holdings import factors_of
from accounts.services.factors.passkeys import assertion_options
from accounts.services.factors.telling import person_of
from accounts.services.lookups import view_of_newcomer
from accounts.services.sessions.verifying import require_same_password
from kernel.actor import Actor
from kernel.context import Context, Scope, reading_as
from kernel.transactions import opens_transaction


@dataclasses.dataclass(frozen=True, slots=True)
class Challenge:
    """What a door passes on to who must prove a second factor.

    :param id: opaque; to be kept by the client alone.
    :param methods: those it takes, the best first.
    :param passkey_options: for `navigator.credentials.get`, as JSON; None without a passkey.
    """

    id: str
    methods: tuple[FactorMethod, ...]
    expires_in_seconds: int
    passkey_options: str | None


def second_factor_is_needed(*, user: User, device_is_known: bool) -> bool:
    """Whether the right password alone does not let this person in.

    Platform staff and who manages or spends an organization's money prove one each time; anybody
    else on a device that is new.
    """
    strict = policy.needs_strong_factor(role=user.role, platform_role=user.platform_role)
    return strict or not device_is_known


def challenge_at_sign_in(*, actor: Actor, user: User, device: str, now: dt.datetime) -> Challenge:
    """Ask somebody whose password was right for a second factor.

    Who has no app and no passkey is sent a code by e-mail.

    :param actor: the stranger at the door.
    :param user: as `verify_password` gave them.
    :param device: by what the door knows the device; the answer must come from the same.
    :raises InvalidCredentials: if the password is another one by now.
    :raises OneTimeCodesUnavailable: if only a code by e-mail would do, and the cache is down.
    :raises TooManyFactorTries: if too many codes were sent to the person.
    """
    challenge = _open(
        actor=actor,
        organization_id=user.organization_id,
        user=user,
        purpose=ChallengePurpose.SIGN_IN,
        device=device,
        session_id=None,
        now=now,
    )
    _send_code(actor, user, challenge, ChallengePurpose.SIGN_IN, device, now)
    return challenge


def challenge_to_step_up(*, actor: Actor, session_id: uuid.UUID, now: dt.datetime) -> Challenge:
    """Ask the acting person to prove a second factor again, for this session alone.

    :raises PermissionDenied: if the actor is no person.
    :raises OneTimeCodesUnavailable: if only a code by e-mail would do, and the cache is down.
    :raises TooManyFactorTries: if too many codes were sent to the person.
    """
    with reading_as(Context(scope=Scope.SIGN_IN)):
        user = User.objects.get(id=person_of(actor))
    challenge = _open(
        actor=actor,
        organization_id=user.organization_id,
        user=user,
        purpose=ChallengePurpose.STEP_UP,
        device=str(session_id),
        session_id=session_id,
        now=now,
    )
    _send_code(actor, user, challenge, ChallengePurpose.STEP_UP, str(session_id), now)
    return challenge


def challenge_to_approve(
    *, actor: Actor, session_id: uuid.UUID, binding: bytes, words: str, now: dt.datetime
) -> Challenge:
    """Ask the acting person to approve one movement, in this session, by what they have.

    What the answer is good for is in the challenge itself: a passkey signs a hash of the binding,
    and a code fits this binding alone.

    :param binding: 32 bytes, the hash of everything that is approved.
    :param words: the same as the mail with a code says it: amount and payee.
    :raises PermissionDenied: if the actor is no person.
    :raises FactorNotOffered: if the person's PIN is the only way they have.
    :raises OneTimeCodesUnavailable: if only a code by e-mail would do, and the cache is down.
    :raises TooManyFactorTries: if too many codes were sent to the person.
    """
    with reading_as(Context(scope=Scope.SIGN_IN)):
        user = User.objects.get(id=person_of(actor))
    device = bound_device(session_id=session_id, binding=binding)
    challenge = _open(
        actor=actor,
        organization_id=user.organization_id,
        user=user,
        purpose=ChallengePurpose.APPROVE,
        device=device,
        session_id=session_id,
        binding=binding,
        now=now,
    )
    _send_code(actor, user, challenge, ChallengePurpose.APPROVE, device, now, words=words)
    return challenge


def bound_device(*, session_id: uuid.UUID, binding: bytes) -> str:
    """What a challenge to approve knows the device by: the session, and what it may approve."""
    return f"{session_id}:{binding.hex()}"


@opens_transaction(context=view_of_newcomer)
def _open(
    *,
    actor: Actor,
    organization_id: uuid.UUID | None,
    user: User,
    purpose: ChallengePurpose,
    device: str,
    session_id: uuid.UUID | None,
    now: dt.datetime,
    binding: bytes = b"",
) -> Challenge:
    if purpose is ChallengePurpose.SIGN_IN:
        require_same_password(user_id=user.id, verified=user.password)
    row, token = insert_challenge(
        user=user,
        purpose=purpose,
        device=device,
        session_id=session_id,
        binding=binding,
        now=now,
    )
    factors = factors_of(user.id)
    methods = methods_for(user=user, factors=factors, purpose=purpose, now=now)
    if not methods:
        raise FactorNotOffered("Approve this with your PIN.", pointer="/method")
    passkeys, options = factors.passkeys, None
    if purpose is ChallengePurpose.APPROVE:
        passkeys = factors.passkeys_to_approve(now=now)
    if passkeys:
        options = assertion_options(challenge=row, passkeys=passkeys)
    return Challenge(
        id=token,
        methods=methods,
        expires_in_seconds=int(LIFETIME.total_seconds()),
        passkey_options=options,
    )


def _send_code(
    actor: Actor,
    user: User,
    challenge: Challenge,
    purpose: ChallengePurpose,
    device: str,
    now: dt.datetime,
    words: str = "",
) -> None:
    if FactorMethod.EMAIL in challenge.methods:
        email_otp.issue(
            actor=actor,
            user=user,
            action=purpose.value,
            device=device,
            now=now,
            challenge=challenge.id,
            words=words,
        )
