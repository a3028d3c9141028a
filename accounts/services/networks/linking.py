"""The e-mailed link by which somebody says that it is they who came from elsewhere."""

from __future__ import annotations

import datetime as dt

from accounts.choices import MailKind
from accounts.errors import InvalidNetworkLink, NetworkLinkTooSoon
from accounts.models import Network, User
from accounts.services.mail import queue_mail
from accounts.services.networks.noting import note_network
from accounts.services.networks.telling import tell
from kernel.actor import Actor, ActorKind
from kernel.addresses import network_of
from kernel.crypto import hash_token, new_token
from kernel.errors import NotFound, PermissionDenied
from kernel.transactions import needs_transaction, opens_transaction

LINK_LIFETIME = dt.timedelta(minutes=30)
_PAUSE = dt.timedelta(minutes=1)


@opens_transaction
def send_network_link(*, actor: Actor, now: dt.datetime) -> Network:
    """E-mail a link that lets the network the actor is on move their money.

    The link before it is void then. A network that needs none gets none. Locks the network. Records
    `accounts.network.send_link`.

    :raises PermissionDenied: if the actor is no person.
    :raises NotFound: if nobody knows where the actor is.
    :raises NetworkLinkTooSoon: if the last link was sent less than a minute ago.
    """
    user = _person(actor)
    note_network(actor=actor, user_id=user.id, now=now)
    network = _here(actor=actor, user=user)
    if network.confirmed_at is not None:
        return network
    if network.link_sent_at is not None and now < network.link_sent_at + _PAUSE:
        raise NetworkLinkTooSoon()
    token = new_token()
    network.link_hash, network.link_sent_at = hash_token(token), now
    network.save(update_fields=["link_hash", "link_sent_at"])
    queue_mail(
        actor=actor,
        user=user,
        kind=MailKind.CONFIRM_NETWORK,
        variables={
            "token": token,
            "network": network.prefix,
            "lifetime": f"{LINK_LIFETIME // dt.timedelta(minutes=1)} minutes",
        },
        now=now,
        expires_at=now + LINK_LIFETIME,
    )
    tell(actor=actor, network=network, verb="send_link", happened=None, now=now)
    return network


@needs_transaction
def network_of_link(*, actor: Actor, token: str, now: dt.datetime) -> Network:
    """What a link of the actor's own would confirm. It is not spent by looking.

    :raises PermissionDenied: if the actor is no person.
    :raises InvalidNetworkLink: if it is unknown, used, expired or somebody else's.
    """
    asked = Network.objects.filter(link_hash=hash_token(token), user=_person(actor))
    return _still_good(asked.first(), now=now)


@opens_transaction
def confirm_network(*, actor: Actor, token: str, now: dt.datetime) -> Network:
    """Follow the link: the network it was asked from may move its person's money from now on.

    Wherever it is followed, only that person can, signed in, and once. Locks the network. Emits
    `accounts.network.confirmed`; records `accounts.network.confirm`.

    :raises PermissionDenied: if the actor is no person.
    :raises InvalidNetworkLink: if it is unknown, used, expired or somebody else's.
    """
    asked = Network.objects.filter(link_hash=hash_token(token), user=_person(actor))
    network = _still_good(asked.select_for_update(no_key=True).first(), now=now)
    network.link_hash, network.confirmed_at = None, now
    network.save(update_fields=["link_hash", "confirmed_at"])
    tell(actor=actor, network=network, verb="confirm", happened="confirmed", now=now)
    return network


def _still_good(network: Network | None, *, now: dt.datetime) -> Network:
    if network is None or network.link_sent_at is None:
        raise InvalidNetworkLink()
    if now >= network.link_sent_at + LINK_LIFETIME:
        raise InvalidNetworkLink()
    return network


@needs_transaction
def _person(actor: Actor) -> User:
    if actor.kind is not ActorKind.USER or actor.id is None:
        raise PermissionDenied("Only a person is asked where they are.")
    return User.objects.get(id=actor.id)


@needs_transaction
def _here(*, actor: Actor, user: User) -> Network:
    prefix = network_of(actor.ip) if actor.ip else None
    here = Network.objects.filter(user=user, prefix=prefix or "", revoked_at=None)
    network = here.select_for_update(no_key=True).first()
    if network is None:
        raise NotFound("Nobody knows where you are.")
    return network
