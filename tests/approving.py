"""People who are signed in, have a PIN and approve; organizations that ask them to."""

from __future__ import annotations

import dataclasses
import datetime as dt

from accounts.choices import ApprovalMethod, FactorMethod
from accounts.models import Approval, SignInSession, User
from accounts.proof import is_recent, is_strong
from accounts.services.approvals import Proof, set_approval_policy
from accounts.services.pins import set_pin
from accounts.services.sessions import open_browser_session
from kernel.actor import Actor, Door
from kernel.context import reading
from tests.proof import settle
from tests.world import NOW, World
from wallets.services.approving import approve_movement
from wallets.services.transfers import TransferRequest

PIN = "7394"
OVER = 1_000_00


def asking(world: World, over_minor: int | None = OVER) -> None:
    """From now on Acme asks for an approval over 1,000 rupees."""
    set_approval_policy(actor=world.actor(world.alice), over_minor=over_minor, now=NOW)


def signed_in(
    world: World,
    user: User,
    *,
    door: Door = Door.API,
    proven_by: FactorMethod | None = FactorMethod.TOTP,
    ip: str = "203.0.113.7",
) -> Actor:
    """The person in a session of their own, a second factor just proven, of long standing."""
    actor = dataclasses.replace(world.actor(user, door=door), ip=ip)
    session = open_browser_session(actor=actor, now=NOW, second_factor=proven_by)
    settle(session.id)
    return in_session(actor, session, now=NOW)


def in_session(actor: Actor, session: SignInSession, *, now: dt.datetime) -> Actor:
    """The same person as the doors would see them: with what the session has proven by then."""
    strong = is_strong(session.second_factor)
    return dataclasses.replace(
        actor,
        session_id=session.id,
        proven_lately=is_recent(session.second_factor_at, now=now),
        proven_strongly=strong,
        proven_settled=strong,
    )


def with_pin(world: World, user: User, pin: str = PIN) -> Actor:
    """The same, with a PIN."""
    actor = signed_in(world, user)
    set_pin(actor=actor, pin=pin, now=NOW)
    return actor


def approval_of(
    request: TransferRequest, *, pin: str = PIN, now: dt.datetime | None = None
) -> Approval:
    """The person of a request approves it with their PIN."""
    asked = dataclasses.replace(request, now=now or request.now)
    return approve_movement(request=asked, proof=Proof(ApprovalMethod.PIN, pin))


def presenting(request: TransferRequest, approval: Approval) -> TransferRequest:
    """The same request with the approval's id."""
    return dataclasses.replace(request, approval_id=approval.id)


def stored(world: World, approval: Approval) -> Approval:
    """The approval as it stands now."""
    with reading(world.actor(world.olga)):
        return Approval.objects.get(id=approval.id)
