"""Resetting the second factors of somebody who has lost them all, recovery codes included.

Nobody can prove any more that it is they, so two others vouch for them: one asks, another agrees
(`accounts.services.pending_acts`). The person is told at once, and stops it by proving a factor:
whoever can has not lost it. Afterwards they begin as on a new device, and money waits
(`accounts.factor_resets`). The PIN stays as it is.
"""

from __future__ import annotations

import datetime as dt
import uuid

from django.db.models import Q

from accounts import policy
from accounts.choices import FactorMethod, MailKind, PendingActState, Role, SessionEnd
from accounts.errors import FactorStillInUse, NoFactorsToReset, OwnFactorReset
from accounts.factor_resets import MONEY_WAITS
from accounts.models import (
    FactorChallenge,
    Passkey,
    PendingAct,
    RecoveryCode,
    SignInSession,
    TotpFactor,
    User,
)
from accounts.rules import cleaned_name
from accounts.services.devices.managing import forget_devices_of
from accounts.services.factors.holdings import factors_of
from accounts.services.factors.recovery_codes import void_codes
from accounts.services.factors.totp import DRIFT_STEPS, STEP_SECONDS, remove_totp_of
from accounts.services.mail import notify_security
from accounts.services.networks.standing import from_known_network
from accounts.services.pending_acts.making import make_pending
from accounts.services.pending_acts.registry import Agreed, Result
from accounts.services.sessions import end_sessions_of
from audit.services import record
from events.services import emit
from kernel.actor import Actor, ActorKind
from kernel.errors import NotFound, PermissionDenied
from kernel.transactions import needs_transaction, opens_transaction

RESET = "people.reset_factors"
FACTOR_RESET = "accounts.factor_reset"
MAX_REASON = 200
# A code by e-mail proves nothing that was lost.
_LOSABLE = (FactorMethod.TOTP, FactorMethod.PASSKEY, FactorMethod.RECOVERY_CODE)


@from_known_network(RESET)
@opens_transaction
def ask_for_factor_reset(
    *, actor: Actor, user_id: uuid.UUID, reason: str, now: dt.datetime
) -> PendingAct:
    """Ask that somebody's second factors are reset; another person has to agree. Locks the person.

    What waits for the person already is given back as it stands. Records
    `accounts.pending_act.make`, emits `accounts.pending_act.made`, and mails the person.

    :param reason: how the actor made sure that it is the person who asks.
    :raises PermissionDenied: unless the actor is a person who carries `people.reset_factors`; in an
        organization only owners do it for owners, and platform staff only for owners and staff.
    :raises NotFound: if there is no such active person in view.
    :raises OwnFactorReset: for oneself.
    :raises InvalidProfile: without a reason that can be read.
    :raises NoFactorsToReset: if the person has none.
    :raises NetworkNotTrusted: if the actor is on a network that is new to them.
    """
    policy.require(actor, RESET)
    if actor.kind is not ActorKind.USER:
        raise PermissionDenied("A person has to ask for this.")
    why = cleaned_name(reason, pointer="/reason", maximum=MAX_REASON)
    user = _person(actor=actor, user_id=user_id)
    waiting = _waiting(actor=actor, user=user, now=now)
    if waiting is not None:
        return waiting
    _require_factors(user)
    act = make_pending(
        actor=actor,
        kind=FACTOR_RESET,
        organization_id=actor.organization_id,
        facts={"user_id": str(user.id), "reason": why},
        now=now,
    )
    words = {"who": actor.display, "reason": why}
    kind = MailKind.FACTOR_RESET_ASKED
    notify_security(actor=actor, user=user, kind=kind, variables=words, now=now)
    return act


def allow_to_check_reset(agreed: Agreed) -> None:
    """Never the person; and in an organization only owners agree for owners.

    :raises PermissionDenied: if this checker may not.
    """
    user = User.objects.filter(id=_user_id(agreed)).first()
    checker = agreed.checker
    if user is None or user.id == checker.id:
        raise PermissionDenied("Two other people have to want this.")
    if not checker.is_platform and not policy.may_grant(checker, user.role or ""):
        raise PermissionDenied("Only an owner can agree to this for an owner.")


@needs_transaction
def reset_factors(agreed: Agreed) -> Result:
    """Carry out what a second person agreed to: as if the person had never had a factor.

    Locks the person. Apps, passkeys and recovery codes are gone, devices forgotten, and sessions
    with their refresh tokens ended. Records `accounts.factors.reset`, emits the same, besides what
    ending sessions and forgetting devices tell; mails the person.

    :raises FactorStillInUse: if the person proved a factor since it was asked for.
    :raises NoFactorsToReset: if they have none any more.
    :raises PermissionDenied: if the maker could not ask for it now.
    """
    user, now = _person(actor=agreed.maker, user_id=_user_id(agreed)), agreed.now
    if _proved_since(user=user, since=agreed.act.made_at):
        raise FactorStillInUse()
    _require_factors(user)
    remove_totp_of(user=user, now=now)
    Passkey.objects.filter(user=user, removed_at=None).update(removed_at=now)
    void_codes(user=user, now=now)
    User.objects.filter(id=user.id).update(factors_reset_at=now)
    forget_devices_of(actor=agreed.maker, user=user, now=now)
    reason = SessionEnd.FACTORS_RESET
    end_sessions_of(actor=agreed.maker, user=user, reason=reason, now=now)
    _tell(agreed=agreed, user=user)
    return Result("user", user.id)


def _user_id(agreed: Agreed) -> uuid.UUID:
    return uuid.UUID(agreed.facts["user_id"])


@needs_transaction
def _person(*, actor: Actor, user_id: uuid.UUID) -> User:
    people = User.objects.filter(id=user_id, is_active=True)
    if not actor.is_platform:
        people = people.filter(organization_id=policy.own_organization(actor))
    user = people.select_for_update(no_key=True).first()
    if user is None:
        raise NotFound("There is no such person.")
    if user.id == actor.id:
        raise OwnFactorReset()
    if actor.is_platform and user.platform_role is None and user.role != Role.OWNER:
        raise PermissionDenied("Officers of their own organization do this.")
    if not actor.is_platform and not policy.may_grant(actor, user.role or ""):
        raise PermissionDenied("Only an owner can ask for this for an owner.")
    return user


@needs_transaction
def _waiting(*, actor: Actor, user: User, now: dt.datetime) -> PendingAct | None:
    rows = PendingAct.objects.filter(
        Q(organization_id=actor.organization_id),
        kind=FACTOR_RESET,
        state=PendingActState.PENDING,
        expires_at__gt=now,
        facts__user_id=str(user.id),
    )
    return rows.select_related("checker").first()


@needs_transaction
def _require_factors(user: User) -> None:
    factors = factors_of(user.id)
    if not factors.is_strong and not factors.recovery_codes_left:
        raise NoFactorsToReset()


@needs_transaction
def _proved_since(*, user: User, since: dt.datetime) -> bool:
    """Whether any use of what would be reset is on record since, for whatever purpose.

    Challenges are exact and kept for a day, so the factors themselves are asked as well. An app
    says which step of 30 seconds it used, and may run one ahead: a step later than that is certain.
    """
    of_user = {"user_id": user.id}
    step = int(since.timestamp()) // STEP_SECONDS + max(DRIFT_STEPS)
    proofs = (
        SignInSession.objects.filter(second_factor__in=_LOSABLE, second_factor_at__gte=since),
        FactorChallenge.objects.filter(passed_by__in=_LOSABLE, passed_at__gte=since),
        TotpFactor.objects.filter(confirmed_at__isnull=False, last_step__gt=step),
        Passkey.objects.filter(last_used_at__gte=since),
        RecoveryCode.objects.filter(used_at__gte=since),
    )
    return any(rows.filter(**of_user).exists() for rows in proofs)


@needs_transaction
def _tell(*, agreed: Agreed, user: User) -> None:
    record(
        actor=agreed.maker,
        action="accounts.factors.reset",
        subject_type="user",
        subject_id=user.id,
        organization_id=user.organization_id,
        metadata={
            "pending_act_id": str(agreed.act.id),
            "checker_id": str(agreed.checker.id),
            "reason": agreed.facts["reason"],
        },
        now=agreed.now,
    )
    emit(
        name="accounts.factors.reset",
        organization_id=user.organization_id,
        subject_id=user.id,
        payload={"user_id": str(user.id)},
        actor=agreed.maker,
        now=agreed.now,
    )
    words = {
        "who": agreed.maker.display,
        "checker": agreed.checker.display,
        "hours": str(int(MONEY_WAITS.total_seconds()) // 3600),
    }
    notify_security(
        actor=agreed.checker,
        user=user,
        kind=MailKind.FACTORS_RESET,
        variables=words,
        now=agreed.now,
    )
