"""Ten codes on paper, for the day the phone is lost (NIST SP 800-63B, look-up secrets)."""

from __future__ import annotations

import datetime as dt
import secrets
import uuid

from django.conf import settings
from django.db import connection

from accounts import policy
from accounts.choices import MailKind
from accounts.errors import LastStrongFactor
from accounts.models import RecoveryCode, User
from accounts.services.factors.holdings import factors_of
from accounts.services.factors.places import MANAGE, where_they_are_known
from accounts.services.factors.telling import locked_person
from accounts.services.mail import notify_security
from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.crypto import keyed_hash
from kernel.ids import ALPHABET
from kernel.transactions import needs_transaction, opens_transaction

HOW_MANY = 10
# 120 bits, so that no hash of them can be tried offline, whatever key is lost (ASVS 5.0, 6.5.2).
_GROUPS, _GROUP_LENGTH = 6, 4
_LOOKALIKES = str.maketrans({"i": "1", "l": "1", "o": "0"})


@where_they_are_known
@opens_transaction
def regenerate_codes(*, actor: Actor, now: dt.datetime) -> list[str]:
    """Ten new codes for the acting person, shown this once; all older ones are void.

    Locks the person. Records `accounts.recovery_codes.issue`, emits
    `accounts.recovery_codes.issued`.

    :raises PermissionDenied: if the actor is no person.
    :raises StepUpRequired: without a fresh proof of who they are.
    :raises LastStrongFactor: if there is no app or passkey that they could stand in for.
    """
    policy.require(actor, MANAGE)
    user = locked_person(actor)
    if not factors_of(user.id).is_strong:
        raise LastStrongFactor("Recovery codes stand in for an authenticator app or a passkey.")
    return _issue(actor=actor, user=user, now=now)


@needs_transaction
def issue_first_codes(*, actor: Actor, user: User, now: dt.datetime) -> list[str]:
    """Ten codes for who has none that count; otherwise nothing. Under the lock of the person."""
    if factors_of(user.id).recovery_codes_left:
        return []
    return _issue(actor=actor, user=user, now=now)


@needs_transaction
def spend_recovery_code(*, actor: Actor, user: User, code: str, now: dt.datetime) -> bool:
    """Whether this is one of the person's codes, and uses it: one UPDATE, so one winner."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_recoverycode SET used_at = %s WHERE code_hash = %s AND user_id = %s"
            " AND used_at IS NULL AND voided_at IS NULL",
            [now, _hash(user_id=user.id, code=code), user.id],
        )
        if cursor.rowcount != 1:
            return False
    emit(
        name="accounts.recovery_code.used",
        organization_id=user.organization_id,
        subject_id=user.id,
        payload={"user_id": str(user.id)},
        actor=actor,
        now=now,
    )
    left = factors_of(user.id).recovery_codes_left
    notify_security(
        actor=actor,
        user=user,
        kind=MailKind.RECOVERY_CODE_USED,
        variables={"left": str(left)},
        now=now,
    )
    return True


@needs_transaction
def void_codes(*, user: User, now: dt.datetime) -> None:
    """Make all unused codes of the person worthless."""
    live = RecoveryCode.objects.filter(user=user, used_at=None, voided_at=None)
    live.update(voided_at=now)


@needs_transaction
def _issue(*, actor: Actor, user: User, now: dt.datetime) -> list[str]:
    void_codes(user=user, now=now)
    codes = [_new_code() for _ in range(HOW_MANY)]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(
            user=user,
            organization_id=user.organization_id,
            code_hash=_hash(user_id=user.id, code=code),
            issued_at=now,
        )
        for code in codes
    )
    record(
        actor=actor,
        action="accounts.recovery_codes.issue",
        subject_type="user",
        subject_id=user.id,
        organization_id=user.organization_id,
        now=now,
    )
    emit(
        name="accounts.recovery_codes.issued",
        organization_id=user.organization_id,
        subject_id=user.id,
        payload={"user_id": str(user.id)},
        actor=actor,
        now=now,
    )
    return codes


def _new_code() -> str:
    groups = (
        "".join(secrets.choice(ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS)
    )
    return "-".join(groups)


def _hash(*, user_id: uuid.UUID, code: str) -> bytes:
    """Keyed and bound to the person; in any case, with or without dashes, O for 0, I for 1."""
    plain = "".join(code.lower().split()).replace("-", "").translate(_LOOKALIKES)
    parts = ("recovery-code", str(user_id), plain)
    return keyed_hash(key=settings.VAULTCRAFT_PEPPER, parts=parts)
