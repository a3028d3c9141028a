"""Steps that several use cases share: finding rows to change, and the views they need."""

from __future__ import annotations

import contextlib
import datetime as dt
import uuid
from collections.abc import Iterator

from django.db import DatabaseError, IntegrityError

from accounts import policy
from accounts.errors import EmailTaken
from accounts.models import Organization, User
from accounts.rules import no_such_timezone
from kernel.actor import Actor, ActorKind
from kernel.context import Context, Scope
from kernel.errors import NotFound
from kernel.transactions import needs_transaction, rule_of

_TICK = dt.timedelta(microseconds=1)


def view_of_newcomer(*, organization_id: uuid.UUID | None, **_: object) -> Context:
    """The view of acts by somebody who is not signed in yet, about one organization."""
    organizations = (organization_id,) if organization_id is not None else ()
    return Context(organizations=organizations, scope=Scope.SIGN_IN)


@needs_transaction
def locked_organization(organization_id: uuid.UUID) -> Organization:
    """The organization, locked FOR NO KEY UPDATE: changes to its people take turns here.

    :raises NotFound: if there is none.
    """
    rows = Organization.objects.select_for_update(no_key=True)
    try:
        return rows.get(id=organization_id)
    except Organization.DoesNotExist:
        raise NotFound("There is no such organization.") from None


@needs_transaction
def colleague(*, actor: Actor, user_id: uuid.UUID) -> User:
    """An active person of the actor's own organization.

    :raises NotFound: if there is none, or the person is elsewhere.
    """
    organization_id = policy.own_organization(actor)
    found = User.objects.filter(id=user_id, organization_id=organization_id, is_active=True).first()
    if found is None:
        raise NotFound("There is no such person.")
    return found


def giver_of(actor: Actor) -> uuid.UUID | None:
    """Who stands behind a role that is given: a person; None for the program."""
    return actor.id if actor.kind is ActorKind.USER else None


def note_giver(*, user: User, giver_id: uuid.UUID | None, now: dt.datetime) -> None:
    """Say on the row who gave the person the role they get now; the caller saves it.

    Whoever changes their own role brought nobody in: their giver stays. Each giving is later than
    the last one and not before the person, also where the clock went back: the database wants that.
    """
    if giver_id != user.id:
        user.role_given_by_id = giver_id
    before = user.role_given_at
    user.role_given_at = max(now, user.created_at if before is None else before + _TICK)


@needs_transaction
def insert_user(user: User) -> User:
    """Insert a person.

    :raises EmailTaken: if the address signs somebody else in, in whatever case.
    """
    try:
        user.save(force_insert=True)
    except IntegrityError as error:
        if "email" in rule_of(error):
            raise EmailTaken(pointer="/email") from None
        raise
    return user


@needs_transaction
def insert_organization(organization: Organization) -> Organization:
    """Insert an organization.

    :raises InvalidProfile: if PostgreSQL does not know its time zone.
    """
    with _zone_of_postgresql():
        organization.save(force_insert=True)
    return organization


@needs_transaction
def save_timezone(organization: Organization) -> None:
    """Keep the time zone.

    :raises InvalidProfile: if PostgreSQL does not know it.
    """
    with _zone_of_postgresql():
        organization.save(update_fields=["timezone"])


@contextlib.contextmanager
def _zone_of_postgresql() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        if rule_of(error) == "accounts_organization_timezone_known":
            raise no_such_timezone() from None
        raise
