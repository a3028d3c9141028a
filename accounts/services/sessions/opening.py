"""Opening a session after a proof, and recognizing it on every later request."""

from __future__ import annotations

import datetime as dt
import uuid

from django.conf import settings

from accounts.actors import user_actor
from accounts.choices import FactorMethod
from accounts.errors import InvalidAccessToken
from accounts.models import Device, SignInSession
from accounts.queries import live_session
from accounts.services.factors.settling import proof_counts_from
from accounts.services.networks.noting import note_network
from accounts.services.sessions.seeing import idle_seconds_of
from accounts.services.sessions.tokens import TokenPair, insert_token, pair
from accounts.services.sessions.verifying import require_same_password
from accounts.tokens import read_access_token
from accounts.user_agents import kept
from audit.services import record
from events.services import emit
from kernel.actor import Actor, ActorKind, Door
from kernel.crypto import new_token
from kernel.errors import PermissionDenied
from kernel.transactions import needs_transaction, opens_transaction


@opens_transaction
def open_session(
    *,
    actor: Actor,
    now: dt.datetime,
    user_agent: str = "",
    device: Device | None = None,
    device_bound: bool = False,
    second_factor: FactorMethod | None = None,
    verified: str | None = None,
) -> TokenPair:
    """Open a session with tokens for somebody who has just proven who they are.

    Notes the network (see `note_network`) and locks the device. Emits `accounts.session.opened`;
    records `accounts.session.open`.

    :param actor: the person (see `accounts.actors.user_actor`).
    :param second_factor: what was proven besides the password, just now.
    :param device: what it is opened on (see `accounts.services.devices.met_device`); the session
        ends with it.
    :param device_bound: whether a refresh must show the device's token: for a client that has shown
        it just now, and so keeps it.
    :param verified: the hash of the password that was shown; see `require_same_password`.
    :raises InvalidCredentials: if the person has another password by now.
    :raises PermissionDenied: if the actor is no person, or the device not that person's any more.
    """
    session = _open(
        actor=actor,
        now=now,
        lasts_seconds=settings.REFRESH_ABSOLUTE_SECONDS,
        idle_seconds=None,
        user_agent=user_agent,
        device=device,
        device_bound=device_bound,
        second_factor=second_factor,
        verified=verified,
    )
    refresh = new_token()
    insert_token(session=session, text=refresh, now=now)
    return pair(session=session, refresh=refresh, now=now)


@opens_transaction
def open_browser_session(
    *,
    actor: Actor,
    now: dt.datetime,
    user_agent: str = "",
    device: Device | None = None,
    second_factor: FactorMethod | None = None,
    verified: str | None = None,
) -> SignInSession:
    """Open a session without tokens: the browser's cookie carries its id.

    It ends when it lies idle, the sooner the more its person's role may do (`note_seen`). Locks
    the device. Emits `accounts.session.opened`; records `accounts.session.open`. Ask
    `queries.live_session` on each request.

    :param second_factor: what was proven besides the password, just now.
    :param device: what it is opened on; the session ends with it.
    :param verified: the hash of the password that was shown; see `require_same_password`.
    :raises InvalidCredentials: if the person has another password by now.
    :raises PermissionDenied: if the actor is no person, or the device not that person's any more.
    """
    return _open(
        actor=actor,
        now=now,
        lasts_seconds=settings.SESSION_COOKIE_AGE,
        idle_seconds=idle_seconds_of(role=actor.role, platform_role=actor.platform_role),
        user_agent=user_agent,
        device=device,
        device_bound=False,
        second_factor=second_factor,
        verified=verified,
    )


@needs_transaction
def _open(
    *,
    actor: Actor,
    now: dt.datetime,
    lasts_seconds: int,
    idle_seconds: int | None,
    user_agent: str,
    device: Device | None,
    device_bound: bool,
    second_factor: FactorMethod | None,
    verified: str | None,
) -> SignInSession:
    if actor.kind is not ActorKind.USER or actor.id is None:
        raise PermissionDenied("Only a person can sign in.")
    if verified is not None:
        require_same_password(user_id=actor.id, verified=verified)
    note_network(actor=actor, user_id=actor.id, now=now)
    if device is not None:
        _see(device=device, user_id=actor.id, ip=actor.ip, now=now)
    session = SignInSession.objects.create(
        user_id=actor.id,
        organization_id=actor.organization_id,
        device=device,
        device_bound=device_bound,
        door=actor.door,
        ip=actor.ip,
        last_ip=actor.ip,
        user_agent=kept(user_agent),
        opened_at=now,
        last_seen_at=now,
        idle_seconds=idle_seconds,
        expires_at=now + dt.timedelta(seconds=lasts_seconds),
        second_factor=second_factor,
        second_factor_at=now if second_factor else None,
        second_factor_counts_from=proof_counts_from(user_id=actor.id, method=second_factor),
    )
    record(
        actor=actor,
        action="accounts.session.open",
        subject_type="session",
        subject_id=session.id,
        organization_id=actor.organization_id,
        metadata={"second_factor": second_factor.value if second_factor else None},
        now=now,
    )
    emit(
        name="accounts.session.opened",
        organization_id=actor.organization_id,
        subject_id=session.id,
        payload={"session_id": str(session.id), "user_id": str(actor.id)},
        actor=actor,
        now=now,
    )
    return session


@needs_transaction
def _see(*, device: Device, user_id: uuid.UUID, ip: str | None, now: dt.datetime) -> None:
    """Note where and when; a device being revoked at this moment is waited for, and refused."""
    live = Device.objects.filter(id=device.id, user_id=user_id, revoked_at=None)
    if not live.update(last_seen_at=now, ip=ip):
        raise PermissionDenied("This device was revoked.")


def authenticate(
    *, token: str, door: Door, request_id: str, ip: str | None, now: dt.datetime
) -> Actor:
    """Who sends this access token. One query: the session, the person and the organization.

    The token's own session is in its claims (`accounts.tokens.read_access_token`).

    :raises InvalidAccessToken: if the token is not valid, its session has ended, or the person or
        organization does not count any more.
    """
    claims = read_access_token(token)
    session = live_session(session_id=claims.session_id, now=now)
    if session is None or session.user_id != claims.user_id:
        raise InvalidAccessToken()
    return user_actor(
        user=session.user, door=door, request_id=request_id, ip=ip, session=session, now=now
    )
