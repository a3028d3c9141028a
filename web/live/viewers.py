"""Who opened a stream, and whether they still may: asked of the same rows as every page does."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Mapping

from accounts.actors import user_actor
from accounts.models import SignInSession
from accounts.policy import may
from accounts.queries import live_session, live_sessions
from kernel.actor import Actor, Door, anonymous
from kernel.errors import PermissionDenied
from kernel.rates.admission import admit
from kernel.rates.table import RouteClass
from web.browser_sessions import SessionStore
from web.doors import SESSION_KEY
from web.live.errors import NoSession
from web.live.wallets import Held


@dataclasses.dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody at a page of theirs, in the organization their session is in."""

    session_id: uuid.UUID
    person_id: uuid.UUID
    organization_id: uuid.UUID
    sees_all: bool

    def may_see(self, held: Held) -> bool:
        """Whether this wallet of the organization is theirs to see; as `visible_wallets`."""
        return self.sees_all or held.owner_id == self.person_id


@dataclasses.dataclass(frozen=True, slots=True)
class Caller:
    """What a request for the stream brings: a browser's cookie, and from where."""

    cookie: str
    ip: str | None
    request_id: str


def viewer_of(caller: Caller, *, now: dt.datetime) -> Viewer:
    """The person behind the cookie, counted as somebody who reads.

    Being here is not noted: a page left open is no use of the session (ASVS 5.0, 7.3.1).

    :raises NoSession: if nobody is signed in.
    :raises PermissionDenied: for who has no wallets to see: the platform's staff look elsewhere,
        and with an address that is not confirmed or an organization not yet admitted nothing moves.
    :raises QuotaExceeded: when they come too often.
    """
    cookie = SessionStore(caller.cookie)
    nobody = anonymous(door=Door.WEB, request_id=caller.request_id, ip=caller.ip)
    guessed = RouteClass.REFUSED_CREDENTIALS if caller.cookie else RouteClass.READS
    if cookie.session_key is None:  # counted before the database is asked
        admit(actor=nobody, route=guessed)
        raise NoSession()
    session = _session_of(cookie, now=now)
    if session is None:
        admit(actor=nobody, route=guessed)
        raise NoSession()
    actor = _actor_of(session, now=now, request_id=caller.request_id, ip=caller.ip)
    admit(actor=actor, route=RouteClass.READS)
    viewer = _viewer(session, actor)
    if viewer is None:
        raise PermissionDenied()
    return viewer


def viewers_left(
    session_ids: Collection[uuid.UUID], *, now: dt.datetime
) -> Mapping[uuid.UUID, Viewer]:
    """Those of the sessions that still count, with what their people may see now. One statement."""
    found = {}
    for session in live_sessions(session_ids=session_ids, now=now):
        actor = _actor_of(session, now=now, request_id="", ip=None)
        viewer = _viewer(session, actor)
        if viewer is not None:
            found[session.id] = viewer
    return found


def _session_of(cookie: SessionStore, *, now: dt.datetime) -> SignInSession | None:
    named = cookie.get(SESSION_KEY)
    return live_session(session_id=uuid.UUID(named), now=now) if named else None


def _actor_of(
    session: SignInSession, *, now: dt.datetime, request_id: str, ip: str | None
) -> Actor:
    return user_actor(
        user=session.user, door=Door.WEB, request_id=request_id, ip=ip, session=session, now=now
    )


def _viewer(session: SignInSession, actor: Actor) -> Viewer | None:
    sees_all = may(actor, "wallets.read_all")
    if actor.is_platform or actor.organization_id is None or actor.id is None:
        return None
    if not (actor.email_confirmed and _is_at_work(session)):
        return None
    if not (sees_all or may(actor, "wallets.read")):
        return None
    return Viewer(session.id, actor.id, actor.organization_id, sees_all)


def _is_at_work(session: SignInSession) -> bool:
    organization = session.user.organization
    return organization is not None and organization.is_active
