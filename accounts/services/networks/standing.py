"""May this person move money from where they are?"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import functools
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ParamSpec, TypeVar

from django.db import connection

from accounts import policy
from accounts.errors import CountryNotAllowed, NetworkNotTrusted
from accounts.factor_resets import refusal_after_reset
from accounts.services.networks.countries import country_of
from accounts.services.networks.noting import note_refused, opening_of
from kernel.actor import Actor, ActorKind
from kernel.addresses import network_of
from kernel.context import reading
from kernel.errors import VaultCraftError
from kernel.rows import array_literal

_STANDINGS = """
SELECT w.user_id, w.prefix, n.id, n.opens_at, n.confirmed_at,
    EXISTS (SELECT FROM accounts_network o WHERE o.user_id = w.user_id),
    EXISTS (SELECT FROM accounts_network o WHERE o.user_id = w.user_id AND o.prefix = w.prefix
            AND o.revoked_at IS NOT NULL),
    p.countries, u.factors_reset_at, u.factors_renewed_at
FROM unnest(%s::uuid[], %s::text[], %s::uuid[]) AS w (user_id, prefix, organization_id)
LEFT JOIN accounts_network n
    ON n.user_id = w.user_id AND n.prefix = w.prefix AND n.revoked_at IS NULL
LEFT JOIN accounts_countrypolicy p ON p.organization_id = w.organization_id
LEFT JOIN accounts_user u ON u.id = w.user_id
"""

Place = tuple[uuid.UUID, str]
P = ParamSpec("P")
R = TypeVar("R")


@dataclasses.dataclass(frozen=True, slots=True)
class NetworkStanding:
    """How an actor's network stands, for money.

    :param network: like ``203.0.113.7/32``; None where the rule does not ask.
    :param unseen: the person was never seen there, so it is to be noted.
    :param opens_at: until when money must wait; None once it need not, or if only the link helps.
    :param lately_opened: it opened by waiting alone, less than `LATELY` ago.
    :param waiting: the refusal of a place that is new to the person, whatever the country.
    :param refusal: why money does not move from there now; None: it does.
    """

    network: str | None = None
    unseen: bool = False
    opens_at: dt.datetime | None = None
    lately_opened: bool = False
    waiting: VaultCraftError | None = None
    refusal: VaultCraftError | None = None

    @property
    def trusted(self) -> bool:
        """Whether money may move."""
        return self.refusal is None


EXEMPT = NetworkStanding()
LATELY = dt.timedelta(hours=24)


@dataclasses.dataclass(frozen=True, slots=True)
class _Found:
    """What the database knows of a person on a network."""

    id: uuid.UUID | None
    opens_at: dt.datetime | None
    confirmed_at: dt.datetime | None
    has_networks: bool
    disowned: bool
    countries: list[str] | None
    factors_reset_at: dt.datetime | None
    factors_renewed_at: dt.datetime | None


def standing_of(*, actor: Actor, now: dt.datetime) -> NetworkStanding:
    """How the actor's network stands, under a view of its own organization. One query.

    Asked of people only: API keys, the program itself and acts without a client's address (commands
    and tasks; doors always know one) are exempt.
    """
    if place_of(actor) is None:
        return EXEMPT
    with asked_standings([actor], now=now) as read:
        return read()(actor)


def require_trusted_network(*, actor: Actor, now: dt.datetime) -> NetworkStanding:
    """Go on only if the actor may move money from where it is, and say how its network stands.

    To be called before a use case that moves money opens its transaction: a refusal is kept in one
    of its own, as `accounts.network.refuse`, and there the network is noted as seen.

    :raises NetworkNotTrusted: if the network is new to the person.
    :raises CountryNotAllowed: if the organization lets no money move from there.
    :raises FactorsLatelyReset: if the person's second factors were reset and money still waits.
    """
    standing = _looked_at(actor, now)
    _note_and_raise(actor, standing, standing.refusal, now)
    return standing


def require_known_network(*, actor: Actor, now: dt.datetime) -> None:
    """Go on with what gives power over money only if the actor's network is not new to them.

    As `require_trusted_network`, but the countries from which money may move are not asked: whoever
    set them must be able to set them otherwise.

    :raises NetworkNotTrusted: if the network is new to the person.
    """
    standing = _looked_at(actor, now)
    _note_and_raise(actor, standing, standing.waiting, now)


def from_known_network(permission: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Judge the actor and, where the table says so, the place, before a transaction opens.

    The permission comes first, so that who may not do it leaves no record of a place. The use case
    is handed an actor that carries the judgement and requires the permission again, under its
    locks; `policy.require` lets nobody through without it.

    :raises VaultCraftError: from the use case, what `policy.require_but_place` and
        `require_known_network` raise.
    """

    def decorate(use_case: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(use_case)
        def judged(*args: P.args, **kwargs: P.kwargs) -> R:
            given: dict[str, Any] = kwargs
            actor: Actor = given["actor"]
            policy.require_but_place(actor, permission)
            if policy.asks_known_network(actor, permission):
                require_known_network(actor=actor, now=given["now"])
            given["actor"] = dataclasses.replace(actor, place_judged=True)
            return use_case(*args, **kwargs)

        return judged

    return decorate


def foretell_network(*, actor: Actor, now: dt.datetime) -> NetworkStanding:
    """Raise what `require_trusted_network` would raise now, and keep nothing of it."""
    if place_of(actor) is None:
        return EXEMPT
    with reading(actor):
        standing = standing_of(actor=actor, now=now)
    if standing.refusal:
        raise standing.refusal
    return standing


def _looked_at(actor: Actor, now: dt.datetime) -> NetworkStanding:
    if place_of(actor) is None:
        return EXEMPT
    with reading(actor):
        return standing_of(actor=actor, now=now)


def _note_and_raise(
    actor: Actor, standing: NetworkStanding, refusal: VaultCraftError | None, now: dt.datetime
) -> None:
    if standing.unseen or refusal:
        note_refused(actor=actor, code=refusal.code if refusal else None, now=now)
    if refusal:
        raise refusal


@contextlib.contextmanager
def asked_standings(
    actors: Iterable[Actor], *, now: dt.datetime
) -> Iterator[Callable[[], Callable[[Actor], NetworkStanding]]]:
    """How the networks of these actors stand: asked for here, read by calling what it gives.

    One statement for any number of actors, none where the rule asks nobody.
    """
    places = {place: actor for actor in actors if (place := place_of(actor))}
    if not places:
        yield lambda: _exempt
        return
    with connection.cursor() as cursor:
        cursor.execute(_STANDINGS, _asked(places))

        def read() -> Callable[[Actor], NetworkStanding]:
            found = {(row[0], row[1]): _Found(*row[2:]) for row in cursor.fetchall()}
            return lambda actor: _standing(actor, found, now)

        yield read


def place_of(actor: Actor) -> Place | None:
    """Whose network is asked about, and which; None where the rule does not ask."""
    if actor.kind is not ActorKind.USER or actor.id is None or actor.ip is None:
        return None
    network = network_of(actor.ip)
    return (actor.id, network) if network else None


def _exempt(actor: Actor) -> NetworkStanding:
    return EXEMPT


def _asked(places: Mapping[Place, Actor]) -> list[Any]:
    organizations = [actor.organization_id for actor in places.values()]
    return [
        array_literal(kind="uuid", values=[user_id for user_id, _ in places]),
        array_literal(kind="text", values=[network for _, network in places]),
        array_literal(kind="uuid", values=organizations),
    ]


def _standing(actor: Actor, found: Mapping[Place, _Found], now: dt.datetime) -> NetworkStanding:
    place = place_of(actor)
    if place is None:
        return EXEMPT
    known, network = found[place], place[1]
    opens_at = _opens_at(known, now)
    waits = known.confirmed_at is None and (opens_at is None or now < opens_at)
    waiting: VaultCraftError | None = refusal_after_reset(
        reset_at=known.factors_reset_at, renewed_at=known.factors_renewed_at, now=now
    )
    if waits and waiting is None:
        waiting = NetworkNotTrusted(
            facts={"network": network, "opens_at": opens_at.isoformat() if opens_at else None}
        )
    refusal = waiting
    if not _country_allowed(actor, known):
        refusal = CountryNotAllowed(
            "Your organization lets money move from some countries only.",
        )
    return NetworkStanding(
        network=network,
        unseen=known.id is None,
        opens_at=opens_at if waits else None,
        lately_opened=_lately_opened(known, now),
        waiting=waiting,
        refusal=refusal,
    )


def _lately_opened(known: _Found, now: dt.datetime) -> bool:
    unconfirmed = known.id is not None and known.confirmed_at is None
    return unconfirmed and known.opens_at is not None and now < known.opens_at + LATELY


def _opens_at(known: _Found, now: dt.datetime) -> dt.datetime | None:
    """From when the network may move money unconfirmed; None if only the link opens it."""
    if known.id is not None:
        return known.opens_at
    return opening_of(has_networks=known.has_networks, disowned=known.disowned, now=now)


def _country_allowed(actor: Actor, known: _Found) -> bool:
    """Fails closed: where nobody can tell the country, it is none of those that are allowed."""
    if not known.countries or actor.ip is None:
        return True
    return country_of(actor.ip) in known.countries
