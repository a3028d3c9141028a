"""Telling an organization's owners what somebody did that they should know."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping

from django.db.models import QuerySet

from accounts.choices import MailKind, Role
from accounts.models import Organization, User
from accounts.services.mail import notify_security
from kernel.actor import Actor
from kernel.transactions import needs_transaction

_MOST_TOLD = 20


@needs_transaction
def tell_owners(
    *,
    actor: Actor,
    organization_id: uuid.UUID,
    kind: MailKind,
    variables: Mapping[str, str],
    now: dt.datetime,
) -> None:
    """Mail every owner, who did it among them: it may have been somebody with their session.

    The template has `who` and `organization` besides the variables, `at` and `ip`.
    """
    organization = Organization.objects.get(id=organization_id)
    words = {"organization": organization.display_name, **variables}
    told = _owners(organization_id).order_by("id")[:_MOST_TOLD]
    _tell(actor=actor, told=told, kind=kind, words=words, now=now)


@needs_transaction
def tell_of_less(*, actor: Actor, organization_id: uuid.UUID, what: str, now: dt.datetime) -> None:
    """Mail the owners that a check holds less than before."""
    tell_owners(
        actor=actor,
        organization_id=organization_id,
        kind=MailKind.CHECKS_LOOSENED,
        variables={"what": what},
        now=now,
    )


@needs_transaction
def tell_of_officer(*, actor: Actor, user: User, now: dt.datetime) -> None:
    """Mail the person and the owners that the person came as an owner, an admin or of finance."""
    told = [user, *_others(user)]
    _tell(actor=actor, told=told, kind=MailKind.OFFICER_MADE, words=_words(user), now=now)


@needs_transaction
def tell_of_changed_officer(*, actor: Actor, user: User, before: str, now: dt.datetime) -> None:
    """Mail the other owners that somebody gained an officer's powers, lost them, or has others."""
    words = {"before": Role(before).label, **_words(user)}
    _tell(actor=actor, told=_others(user), kind=MailKind.OFFICER_CHANGED, words=words, now=now)


@needs_transaction
def tell_of_removed(*, actor: Actor, user: User, now: dt.datetime) -> None:
    """Mail the person and the owners that the person is removed, and what to do about it."""
    told = [user, *_others(user)]
    _tell(actor=actor, told=told, kind=MailKind.MEMBER_REMOVED, words=_words(user), now=now)


@needs_transaction
def tell_of_restored(*, actor: Actor, user: User, now: dt.datetime) -> None:
    """Mail the person and the owners that the person has a role again."""
    told = [user, *_others(user)]
    _tell(actor=actor, told=told, kind=MailKind.MEMBER_RESTORED, words=_words(user), now=now)


def _words(user: User) -> dict[str, str]:
    organization = user.organization
    return {
        "organization": organization.display_name if organization else "",
        "person": user.full_name,
        "role": Role(user.role or "").label,
    }


def _owners(organization_id: uuid.UUID) -> QuerySet[User]:
    return User.objects.filter(organization_id=organization_id, role=Role.OWNER, is_active=True)


@needs_transaction
def _others(user: User) -> list[User]:
    """The owners besides the person."""
    if user.organization_id is None:
        return []
    owners = _owners(user.organization_id).exclude(id=user.id)
    return list(owners.order_by("id")[:_MOST_TOLD])


@needs_transaction
def _tell(
    *,
    actor: Actor,
    told: Iterable[User],
    kind: MailKind,
    words: Mapping[str, str],
    now: dt.datetime,
) -> None:
    known = {"who": actor.display, **words}
    for one in told:
        notify_security(actor=actor, user=one, kind=kind, variables=known, now=now)
