"""Asking for a second factor: when, and by which methods."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid

from accounts import policy
from accounts.choices import ChallengePurpose, FactorMethod
from accounts.models import User
from accounts.services.factors import email_otp
from accounts.services.factors.challenge_rows import LIFETIME, insert_challenge
from accounts.services.factors.holdings import factors_of
from accounts.services.factors.passkeys import assertion_options
from accounts.services.factors.telling import person_of
from accounts.services.lookups import view_of_newcomer
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
    :param device: by what the door knows the device; the answer must come from the same.
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
) -> Challenge:
    row, token = insert_challenge(
        user=user, purpose=purpose, device=device, session_id=session_id, now=now
    )
    factors = factors_of(user.id)
    options = None
    if factors.passkeys:
        options = assertion_options(challenge=row, passkeys=factors.passkeys)
    return Challenge(
        id=token,
        methods=factors.methods,
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
) -> None:
    if FactorMethod.EMAIL in challenge.methods:
        email_otp.issue(
            actor=actor,
            user=user,
            action=purpose.value,
            device=device,
            now=now,
            challenge=challenge.id,
        )
