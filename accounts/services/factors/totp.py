"""Authenticator apps: time-based codes of six digits (RFC 6238)."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import uuid

import pyotp
from django.db import connection

from accounts import policy
from accounts.choices import FactorMethod
from accounts.errors import EnrollmentNotBegun, SecondFactorRefused
from accounts.models import TotpFactor, User
from accounts.services.factors.places import MANAGE, where_they_are_known
from accounts.services.factors.recovery_codes import issue_first_codes
from accounts.services.factors.settling import counts_from
from accounts.services.factors.telling import locked_person, tell_added
from accounts.services.sessions.proving import note_proof
from accounts.services.vault import Place, seal, unseal
from kernel.actor import Actor
from kernel.transactions import needs_transaction, opens_transaction

ISSUER = "VaultCraft"
STEP_SECONDS = 30
# A phone's clock may be one step off (RFC 6238, section 5.2, recommends no more).
DRIFT_STEPS = (0, -1, 1)
_CODE = re.compile(r"[0-9]{6}")


@dataclasses.dataclass(frozen=True, slots=True)
class TotpEnrollment:
    """What an app needs, shown this once: the secret in base 32, and the same as an otpauth URI."""

    secret: str
    uri: str


@opens_transaction
def begin_totp(*, actor: Actor, now: dt.datetime, secret: str | None = None) -> TotpEnrollment:
    """Give the acting person a new secret, pending until `confirm_totp`. Locks the person.

    An earlier pending one is erased; a confirmed one counts until the new one is confirmed.

    :param secret: in base 32, for who brings one along (the demo world); else 160 random bits.
    :raises PermissionDenied: if the actor is no person.
    :raises StepUpRequired: without a fresh proof of who they are.
    """
    policy.require(actor, MANAGE)
    user = locked_person(actor)
    _erase(user=user, confirmed=False, now=now)
    secret = secret or pyotp.random_base32(32)
    factor = TotpFactor(user=user, organization_id=user.organization_id, begun_at=now)
    factor.sealed_secret = seal(
        organization_id=user.organization_id,
        user_id=user.id,
        place=_place(factor),
        plain=secret.encode(),
        now=now,
    )
    factor.save(force_insert=True)
    uri = pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=ISSUER)
    return TotpEnrollment(secret=secret, uri=uri)


@where_they_are_known
@opens_transaction
def confirm_totp(
    *, actor: Actor, code: str, now: dt.datetime, session_id: uuid.UUID | None = None
) -> list[str]:
    """Make the pending secret count, once a code shows that the app has it. Locks the person.

    Where the session had proven no more than the mailbox it approves payments only after a day
    (`accounts.services.factors.settling`). It replaces a confirmed one. Records
    `accounts.factor.add`, emits `accounts.factor.added`.

    :param session_id: the session of the person, which has thereby proven the factor.
    :returns: ten recovery codes, if the person had none; else nothing.
    :raises PermissionDenied: if the actor is no person.
    :raises StepUpRequired: without a fresh proof of who they are.
    :raises EnrollmentNotBegun: if nothing is pending.
    :raises SecondFactorRefused: if the code does not fit.
    """
    policy.require(actor, MANAGE)
    user = locked_person(actor)
    pending = TotpFactor.objects.filter(user=user, confirmed_at=None, removed_at=None).first()
    if pending is None:
        raise EnrollmentNotBegun()
    step = _step_of(factor=pending, code=code, now=now)
    if step is None:
        raise SecondFactorRefused(
            "That code does not fit. Check the clock of your phone and use the newest code.",
            pointer="/code",
        )
    pending.counts_from = counts_from(user=user, session_id=session_id, now=now)
    _erase(user=user, confirmed=True, now=now)
    pending.confirmed_at, pending.last_step = now, step
    pending.save(update_fields=["confirmed_at", "last_step", "counts_from"])
    if session_id is not None:
        note_proof(session_id=session_id, method=FactorMethod.TOTP, now=now)
    tell_added(actor=actor, user=user, method=FactorMethod.TOTP, now=now)
    return issue_first_codes(actor=actor, user=user, now=now)


@needs_transaction
def spend_totp(*, user: User, code: str, now: dt.datetime) -> bool:
    """Whether the code fits, and uses it: neither it nor an older one ever fits again.

    The row decides between requests: one UPDATE moves `last_step` on, and only the first does
    (RFC 6238, section 5.2: a code is accepted once).
    """
    factor = TotpFactor.objects.filter(
        user=user, confirmed_at__isnull=False, removed_at=None
    ).first()
    step = _step_of(factor=factor, code=code, now=now) if factor else None
    if factor is None or step is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_totpfactor SET last_step = %s"
            " WHERE id = %s AND last_step < %s AND removed_at IS NULL",
            [step, factor.id, step],
        )
        return bool(cursor.rowcount == 1)


@needs_transaction
def remove_totp_of(*, user: User, now: dt.datetime) -> bool:
    """Erase the person's confirmed secret, and a pending one; whether there was a confirmed."""
    _erase(user=user, confirmed=False, now=now)
    return _erase(user=user, confirmed=True, now=now)


@needs_transaction
def _erase(*, user: User, confirmed: bool, now: dt.datetime) -> bool:
    rows = TotpFactor.objects.filter(user=user, removed_at=None, confirmed_at__isnull=not confirmed)
    return rows.update(removed_at=now, sealed_secret=None) > 0


@needs_transaction
def _step_of(*, factor: TotpFactor, code: str, now: dt.datetime) -> int | None:
    """The step whose code this is, within the drift; None if it is none's."""
    digits = "".join(code.split())
    if not _CODE.fullmatch(digits) or factor.sealed_secret is None:
        return None
    secret = unseal(
        organization_id=factor.organization_id,
        user_id=factor.user_id,
        place=_place(factor),
        sealed=bytes(factor.sealed_secret),
    )
    totp = pyotp.TOTP(secret.decode())
    current = int(now.timestamp()) // STEP_SECONDS
    steps = (current + drift for drift in DRIFT_STEPS)
    fitting = [s for s in steps if pyotp.utils.strings_equal(totp.generate_otp(s), digits)]
    return max(fitting, default=None)


def _place(factor: TotpFactor) -> Place:
    return Place("accounts_totpfactor", "sealed_secret", factor.id)
