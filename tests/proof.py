"""People of tests who act as if they had a session with a factor just proven, or who have one.

What waits for a second person is asked for in a session, so there are also people who have one.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid

from django.db import transaction

from accounts.actors import user_actor
from accounts.choices import SessionEnd
from accounts.models import SignInSession, User
from kernel.actor import Actor, Door, system
from kernel.context import Context, Scope, entered
from kernel.transactions import opens_transaction

_SIGNED_IN = dt.datetime(2026, 9, 1, 9, 0, tzinfo=dt.UTC)
_LEFT = dt.datetime(2026, 9, 2, 9, 0, tzinfo=dt.UTC)


def proven(actor: Actor) -> Actor:
    """The same person, who proved a strong factor a moment ago, and has had it for long."""
    return dataclasses.replace(actor, proven_lately=True, proven_strongly=True, proven_settled=True)


def proven_actor(
    *, user: User, door: Door = Door.API, request_id: str = "test", ip: str | None = None
) -> Actor:
    """The person as an actor who proved a strong factor a moment ago."""
    return proven(user_actor(user=user, door=door, request_id=request_id, ip=ip))


def in_session(actor: Actor) -> Actor:
    """The same person in the session that `sign_in_once` keeps for them."""
    assert actor.id is not None
    return dataclasses.replace(actor, session_id=uuid.uuid5(actor.id, "session"))


def sign_in_once(actor: Actor) -> Actor:
    """The same person in a session they left long ago: a row, told to nobody, listed nowhere."""
    seated = in_session(actor)
    assert seated.id is not None
    assert seated.session_id is not None
    with transaction.atomic(), entered(Context(scope=Scope.PLATFORM)):
        SignInSession.objects.get_or_create(
            id=seated.session_id,
            defaults={
                "user_id": seated.id,
                "organization_id": seated.organization_id,
                "door": Door.WEB,
                "opened_at": _SIGNED_IN,
                "last_seen_at": _SIGNED_IN,
                "expires_at": _LEFT,
                "revoked_at": _LEFT,
                "revoked_reason": SessionEnd.SIGNED_OUT,
            },
        )
    return seated


def settle(session_id: uuid.UUID, *, since: dt.timedelta = dt.timedelta(days=1)) -> None:
    """What the session proved, if it lies outside the mailbox, counts since so long ago.

    For people who have no factor in the database, of whom the session says that they proved one.
    """
    root = system(door=Door.COMMAND, request_id="test-settle")
    _settle(actor=root, session_id=session_id, since=since)


@opens_transaction
def _settle(*, actor: Actor, session_id: uuid.UUID, since: dt.timedelta) -> None:
    session = SignInSession.objects.get(id=session_id)
    if session.second_factor_at is None or session.second_factor == "email":
        return
    session.second_factor_counts_from = session.second_factor_at - since
    session.save(update_fields=["second_factor_counts_from"])
