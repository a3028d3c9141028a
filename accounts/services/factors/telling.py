"""What is kept and told when a person's factors change."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db.models import F

from accounts.choices import FactorMethod, MailKind
from accounts.models import User
from accounts.services.mail import notify_security
from audit.services import record
from events.services import emit
from kernel.actor import Actor, ActorKind
from kernel.errors import PermissionDenied
from kernel.transactions import needs_transaction


def person_of(actor: Actor) -> uuid.UUID:
    """The person who acts; factors are one's own, never somebody else's.

    :raises PermissionDenied: if it is a program or nobody.
    """
    if actor.kind is not ActorKind.USER or actor.id is None:
        raise PermissionDenied("Only a person has second factors.")
    return actor.id


@needs_transaction
def locked_person(actor: Actor) -> User:
    """The acting person's row, FOR NO KEY UPDATE: changes to their factors take turns here.

    :raises PermissionDenied: if it is a program or nobody.
    """
    return User.objects.select_for_update(no_key=True).get(id=person_of(actor))


@needs_transaction
def tell_added(*, actor: Actor, user: User, method: FactorMethod, now: dt.datetime) -> None:
    """Record `accounts.factor.add`, emit `accounts.factor.added`, and write to the person.

    The first factor after a reset is noted on the person: money waits for it.
    """
    since_reset = User.objects.filter(id=user.id, factors_reset_at__isnull=False)
    since_reset.exclude(factors_renewed_at__gte=F("factors_reset_at")).update(
        factors_renewed_at=now
    )
    _tell(actor=actor, user=user, method=method, verb="add", happened="added", now=now)
    notify_security(
        actor=actor,
        user=user,
        kind=MailKind.FACTOR_ADDED,
        variables={"factor": method.label},
        now=now,
    )


@needs_transaction
def tell_removed(*, actor: Actor, user: User, method: FactorMethod, now: dt.datetime) -> None:
    """Record `accounts.factor.remove`, emit `accounts.factor.removed`, and write to the person."""
    _tell(actor=actor, user=user, method=method, verb="remove", happened="removed", now=now)
    notify_security(
        actor=actor,
        user=user,
        kind=MailKind.FACTOR_REMOVED,
        variables={"factor": method.label},
        now=now,
    )


@needs_transaction
def _tell(
    *,
    actor: Actor,
    user: User,
    method: FactorMethod,
    verb: str,
    happened: str,
    now: dt.datetime,
) -> None:
    record(
        actor=actor,
        action=f"accounts.factor.{verb}",
        subject_type="user",
        subject_id=user.id,
        organization_id=user.organization_id,
        metadata={"method": method.value},
        now=now,
    )
    emit(
        name=f"accounts.factor.{happened}",
        organization_id=user.organization_id,
        subject_id=user.id,
        payload={"user_id": str(user.id), "method": method.value},
        actor=actor,
        now=now,
    )
