"""How a request's credential is recognized: by the product, and without row security.

Without it one join over open tables finds the same rows; the objects are built alike.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from accounts.look_ups import API_KEY, LIVE_SESSION, LookUp, first
from accounts.services.sessions import open_browser_session
from bench.tenants import World
from bench.world import staff_again
from bench.writers import Step
from kernel.clock import now
from kernel.crypto import hash_token

_KEY_BY_JOIN = dataclasses.replace(
    API_KEY,
    call="(SELECT key, organization FROM accounts_apikey key JOIN accounts_organization"
    " organization ON organization.id = key.organization_id WHERE key.secret_hash = %s)",
)
_SESSION_BY_JOIN = dataclasses.replace(
    LIVE_SESSION,
    call="(SELECT session, person, organization FROM accounts_signinsession session"
    " JOIN accounts_user person ON person.id = session.user_id"
    " LEFT JOIN accounts_organization organization ON organization.id = person.organization_id"
    " WHERE session.id = %s AND session.revoked_at IS NULL AND session.expires_at > %s)",
)


def _key(look_up: LookUp) -> Callable[[World], Step]:
    def prepared(world: World) -> Step:
        return _look(look_up, hash_token(world.tenants[0].secret))

    return prepared


def _session(look_up: LookUp) -> Callable[[World], Step]:
    def prepared(world: World) -> Step:
        opened = open_browser_session(actor=staff_again(), now=now())
        return _look(look_up, opened.id, now())

    return prepared


def _look(look_up: LookUp, *shown: object) -> Step:
    def step() -> tuple[int, int]:
        found = first(look_up, *shown)
        assert found is not None
        list(found)
        return 1, 0

    return step


LOOK_UPS: dict[str, Callable[[World], Step]] = {
    "key": _key(API_KEY),
    "key_by_join": _key(_KEY_BY_JOIN),
    "session": _session(LIVE_SESSION),
    "session_by_join": _session(_SESSION_BY_JOIN),
}
