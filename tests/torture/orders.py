"""What is asked: a stream of requests that a seed alone determines, once the world is known."""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import Callable, Iterator, Mapping

from tests.torture.world import CURRENCY, Tenant, World

SINGLE, BATCH = "/api/v1/transfers", "/api/v1/transfers/batch"
DEPOSITS, WITHDRAWALS = "/api/v1/deposits", "/api/v1/withdrawals"
OPENING_MINOR = 5_000_000_00
LARGEST_MINOR = 50_000_00
LARGEST_BATCH = 20
# One movement in so many asks for more than there is.
GREEDY_EVERY = 12


@dataclasses.dataclass(frozen=True)
class Move:
    """Money from one wallet to another; None is the organization's cash at bank."""

    kind: str
    source: str | None
    destination: str | None
    amount_minor: int


@dataclasses.dataclass(frozen=True)
class Order:
    """One request that moves money, under its key."""

    key: str
    secret: str
    path: str
    body: bytes
    moves: tuple[Move, ...]


class Orders:
    """The requests of one client."""

    def __init__(self, world: World, *, seed: str, name: str) -> None:
        self._world = world
        self._rng = random.Random(f"{seed}/{name}")
        self._name = name
        self._count = 0

    def __iter__(self) -> Iterator[Order]:
        """Without end."""
        makers: dict[Callable[[], Order], int] = {
            self._single: 70,
            self._batch: 12,
            self._deposit: 10,
            self._withdrawal: 8,
        }
        while True:
            yield self._rng.choices(list(makers), list(makers.values()))[0]()

    def openings(self) -> list[Order]:
        """A first deposit into every wallet."""
        tenants = self._world.tenants
        return [
            self._cash(tenant, DEPOSITS, Move("deposit", None, handle, OPENING_MINOR))
            for tenant in tenants
            for handle in tenant.handles
        ]

    def _single(self) -> Order:
        tenant = self._rng.choice(self._world.tenants)
        move = self._move(tenant)
        return self._order(tenant, SINGLE, _asked(move), move)

    def _batch(self) -> Order:
        tenant = self._rng.choice(self._world.tenants)
        moves = [self._move(tenant) for _ in range(self._rng.randint(2, LARGEST_BATCH))]
        whole = self._rng.random() < 0.3
        body = {"items": [_asked(move) for move in moves], "all_or_nothing": whole}
        return self._order(tenant, BATCH, body, *moves)

    def _deposit(self) -> Order:
        tenant = self._rng.choice(self._world.tenants)
        handle = self._rng.choice(tenant.handles)
        return self._cash(tenant, DEPOSITS, Move("deposit", None, handle, self._amount()))

    def _withdrawal(self) -> Order:
        tenant = self._rng.choice(self._world.tenants)
        handle = self._rng.choice(tenant.handles)
        return self._cash(tenant, WITHDRAWALS, Move("withdrawal", handle, None, self._amount()))

    def _move(self, tenant: Tenant) -> Move:
        """Inside the organization or to another one, half and half."""
        source = self._rng.choice(tenant.handles)
        home = tenant if self._rng.random() < 0.5 else self._rng.choice(self._world.tenants)
        others = [handle for handle in home.handles if handle != source]
        return Move("transfer", source, self._rng.choice(others), self._amount())

    def _amount(self) -> int:
        if self._rng.randrange(GREEDY_EVERY) == 0:
            return OPENING_MINOR * 100
        return self._rng.randint(1, LARGEST_MINOR)

    def _cash(self, tenant: Tenant, path: str, move: Move) -> Order:
        body = {
            "wallet": move.source or move.destination,
            "amount_minor": move.amount_minor,
            "currency": CURRENCY,
            "external_reference": f"UTR-{self._name}-{self._count}",
        }
        return self._order(tenant, path, body, move)

    def _order(self, tenant: Tenant, path: str, body: Mapping[str, object], *moves: Move) -> Order:
        self._count += 1
        key = f"{self._name}-{self._count}"
        return Order(key, tenant.secret, path, json.dumps(body).encode(), moves)


def _asked(move: Move) -> dict[str, object]:
    return {
        "source_wallet": move.source,
        "destination_wallet": move.destination,
        "amount_minor": move.amount_minor,
        "currency": CURRENCY,
        "description": "Invoice 2041",
    }
