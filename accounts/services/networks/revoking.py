"""Disowning a network: its person was never there, or does not want to be taken to be."""

from __future__ import annotations

import datetime as dt
import uuid

from accounts.choices import SessionEnd
from accounts.models import Network, SignInSession
from accounts.queries import own_networks
from accounts.services.networks.telling import tell
from accounts.services.sessions.ending import end_sessions
from kernel.actor import Actor
from kernel.addresses import network_of
from kernel.errors import NotFound
from kernel.transactions import needs_transaction, opens_transaction


@opens_transaction
def revoke_network(*, actor: Actor, network_id: uuid.UUID, now: dt.datetime) -> int:
    """Trust a network no more, end all the person's other sessions, and say how many.

    All of them, since whoever was there has what it takes to be elsewhere too: a stolen cookie
    comes from a session that was opened at home. The one that asks ends as well if it was opened
    or last seen there. The network does not open by waiting again. Locks the network, then the
    sessions. Emits `accounts.network.revoked` and records `accounts.network.revoke`, besides what
    `end_sessions` does.

    :raises NotFound: if the actor has no such network, or it was revoked before.
    """
    own = own_networks(actor).filter(id=network_id)
    network = own.select_for_update(no_key=True).first()
    if network is None:
        raise NotFound("There is no such network.")
    network.revoked_at, network.link_hash = now, None
    network.save(update_fields=["revoked_at", "link_hash"])
    tell(actor=actor, network=network, verb="revoke", happened="revoked", now=now)
    return _end_sessions(actor=actor, network=network, now=now)


@needs_transaction
def _end_sessions(*, actor: Actor, network: Network, now: dt.datetime) -> int:
    ending = SignInSession.objects.filter(user_id=network.user_id)
    asking = ending.filter(id=actor.session_id).first() if actor.session_id else None
    if asking is not None and not _was_there(asking, actor=actor, network=network):
        ending = ending.exclude(id=asking.id)
    return end_sessions(actor=actor, sessions=ending, reason=SessionEnd.NETWORK_REVOKED, now=now)


def _was_there(session: SignInSession, *, actor: Actor, network: Network) -> bool:
    places = (session.ip, session.last_ip, actor.ip)
    return network.prefix in {network_of(str(ip)) for ip in places if ip}
