"""Taking one of a challenge's tries, before anything is compared.

The try is counted and committed first, so that a flood of requests, or a process killed half-way,
never gets more comparisons than there are tries.
"""

from __future__ import annotations

import datetime as dt
import uuid

from django.db.models import Count, F, Q, Sum

from accounts.choices import ChallengePurpose, FactorMethod
from accounts.errors import ChallengeEnded, FactorNotOffered, TooManyFactorTries
from accounts.models import FactorChallenge, User
from accounts.services.challenges.offering import methods_for
from accounts.services.factors.holdings import factors_of
from accounts.services.lookups import view_of_newcomer
from audit.services import record
from kernel.actor import Actor
from kernel.crypto import fingerprint
from kernel.errors import VaultCraftError
from kernel.transactions import needs_transaction, opens_transaction

# However many challenges: 10 wrong answers of a person in an hour. A code of six digits, three of
# which fit at any time, is then guessed within a year in less than three of ten cases, by who has
# the password already; who it belongs to learns of it long before.
MOST_WRONG, WRONG_WINDOW = 10, dt.timedelta(hours=1)


@opens_transaction(context=view_of_newcomer)
def claim_try(
    *,
    actor: Actor,
    organization_id: uuid.UUID | None,
    challenge_id: uuid.UUID,
    purpose: ChallengePurpose,
    device: str,
    session_id: uuid.UUID | None,
    method: str,
    now: dt.datetime,
) -> VaultCraftError | None:
    """Count a try; or the refusal, which is recorded and commits.

    Locks the person and then the challenge, so that all their tries take turns.
    """
    asked = FactorChallenge.objects.get(id=challenge_id)
    User.objects.select_for_update(no_key=True).get(id=asked.user_id)
    asked = FactorChallenge.objects.select_for_update(no_key=True).get(id=challenge_id)
    reason, error = _refusal(
        asked=asked, purpose=purpose, device=device, session_id=session_id, method=method, now=now
    )
    if error is not None:
        record_failure(actor=actor, challenge=asked, method=method, reason=reason, now=now)
        return error
    FactorChallenge.objects.filter(id=asked.id).update(tries=F("tries") + 1, last_tried_at=now)
    return None


@needs_transaction
def record_failure(
    *, actor: Actor, challenge: FactorChallenge, method: str, reason: str, now: dt.datetime
) -> None:
    """Record `accounts.second_factor.fail` with why, and what for."""
    record(
        actor=actor,
        action="accounts.second_factor.fail",
        subject_type="user",
        subject_id=challenge.user_id,
        organization_id=challenge.organization_id,
        metadata={
            "reason": reason,
            "method": method if method in FactorMethod.values else "unknown",
            "purpose": challenge.purpose,
        },
        now=now,
    )


@needs_transaction
def _refusal(
    *,
    asked: FactorChallenge,
    purpose: ChallengePurpose,
    device: str,
    session_id: uuid.UUID | None,
    method: str,
    now: dt.datetime,
) -> tuple[str, VaultCraftError | None]:
    if asked.purpose != purpose:
        return "other_purpose", ChallengeEnded()
    same_device = bytes(asked.device_hash) == fingerprint(device)
    if not same_device or asked.session_id != session_id:
        return "other_device", ChallengeEnded()
    if not asked.is_open(now=now):
        return "ended", ChallengeEnded()
    factors = factors_of(asked.user_id)
    if method not in methods_for(user=asked.user, factors=factors, purpose=purpose, now=now):
        return "not_offered", FactorNotOffered(pointer="/method")
    if wrong_answers_of(user_id=asked.user_id, now=now) >= MOST_WRONG:
        return "too_many", TooManyFactorTries("Too many wrong answers. Wait an hour.")
    return "", None


@needs_transaction
def wrong_answers_of(*, user_id: uuid.UUID, now: dt.datetime) -> int:
    """How many of the person's tries within `WRONG_WINDOW` did not pass."""
    recent = FactorChallenge.objects.filter(user_id=user_id, last_tried_at__gt=now - WRONG_WINDOW)
    counted = recent.order_by().aggregate(
        tries=Sum("tries"), passed=Count("id", filter=Q(passed_at__isnull=False))
    )
    return int(counted["tries"] or 0) - int(counted["passed"])
