"""Noting that a person was seen on a network: from then on its half hour runs."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable

from accounts.choices import MailKind
from accounts.models import Network, User
from accounts.services.mail import notify_security
from accounts.services.networks.telling import tell
from audit.services import record
from kernel.actor import Actor
from kernel.addresses import network_of
from kernel.transactions import needs_transaction, opens_transaction

WAIT = dt.timedelta(minutes=30)


def opening_of(*, has_networks: bool, disowned: bool, now: dt.datetime) -> dt.datetime | None:
    """When a network first seen now may move money; None: only once its link was followed.

    The first network of a person is trusted at once: with it they registered or joined, or began
    before networks were noted. One that they disowned before does not open by waiting.
    """
    if not has_networks:
        return now
    return None if disowned else now + WAIT


@needs_transaction
def note_network(*, actor: Actor, user_id: uuid.UUID, now: dt.datetime) -> None:
    """Note where a person is; a network that was seen before changes nothing.

    Locks the person where it is new. Emits `accounts.network.added`, records
    `accounts.network.add` and mails the person, once for a network, but not for the first of all.

    :param actor: whoever asks, with the address; the person, or a stranger who is about to be.
    """
    prefix = network_of(actor.ip) if actor.ip else None
    if prefix is None or _is_noted(user_id, prefix):
        return
    # Two first sights at once take turns here: one of them is the first, and it alone is trusted.
    user = User.objects.select_for_update(no_key=True).get(id=user_id)
    if not _is_noted(user_id, prefix):
        _insert(actor=actor, user=user, prefix=prefix, now=now)


@needs_transaction
def note_networks(*, actors: Iterable[Actor], now: dt.datetime) -> None:
    """The same of several people, who are asking themselves; in the order of their ids."""
    for actor in sorted(actors, key=lambda one: str(one.id)):
        if actor.id is not None:
            note_network(actor=actor, user_id=actor.id, now=now)


@opens_transaction
def note_refused(*, actor: Actor, code: str | None, now: dt.datetime) -> None:
    """Note a network at an attempt to move money, and record the refusal if it is one."""
    note_networks(actors=[actor], now=now)
    if code is not None:
        record_refused(actor=actor, code=code, now=now)


@needs_transaction
def record_refused(*, actor: Actor, code: str, now: dt.datetime) -> None:
    """Record `accounts.network.refuse`: what was asked for leaves nothing else behind."""
    record(
        actor=actor,
        action="accounts.network.refuse",
        subject_type="user",
        subject_id=actor.id,
        organization_id=actor.organization_id,
        metadata={"reason": code},
        now=now,
    )


@needs_transaction
def _insert(*, actor: Actor, user: User, prefix: str, now: dt.datetime) -> None:
    of_person = Network.objects.filter(user=user)
    first = not of_person.exists()
    network = Network.objects.create(
        user=user,
        organization_id=user.organization_id,
        prefix=prefix,
        first_seen_at=now,
        opens_at=opening_of(
            has_networks=not first, disowned=of_person.filter(prefix=prefix).exists(), now=now
        ),
        confirmed_at=now if first else None,
    )
    if not first:
        tell(actor=actor, network=network, verb="add", happened="added", now=now)
        _write(actor=actor, user=user, network=network, now=now)


@needs_transaction
def _write(*, actor: Actor, user: User, network: Network, now: dt.datetime) -> None:
    """Tell the person, while money still waits. A known device may have moved, or been stolen."""
    opens = f"until {network.opens_at:%d %B %Y, %H:%M} UTC" if network.opens_at else "by waiting"
    notify_security(
        actor=actor,
        user=user,
        kind=MailKind.NEW_NETWORK,
        variables={
            "network": network.prefix,
            "money": f"No money moves from there {opens}, unless you confirm it by a mailed link.",
        },
        now=now,
    )


def _is_noted(user_id: uuid.UUID, prefix: str) -> bool:
    return Network.objects.filter(user_id=user_id, prefix=prefix, revoked_at=None).exists()
