"""What is asked: a stream of requests that a seed and the answers so far determine."""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.torture.world import CURRENCY, Tenant, World

API = "/api/v1"
SINGLE, BATCH, HOLDS = f"{API}/transfers", f"{API}/transfers/batch", f"{API}/holds"
DEPOSITS, WITHDRAWALS = f"{API}/deposits", f"{API}/withdrawals"
OPENING_MINOR = 5_000_000_00
LARGEST_MINOR = 50_000_00
LARGEST_BATCH = 20
# One movement in so many asks for more than there is.
GREEDY_EVERY = 12
# One hold in so many ends by itself while the run goes on.
SHORT_EVERY, SHORT_SECONDS = 6, 2


@dataclasses.dataclass(frozen=True)
class Move:
    """Money from one wallet to another; None is the organization's cash at bank.

    :param amount_minor: None asks for all that is left.
    :param fee_minor: of a reversal, what of a fee it gives back; of another, once it is done, what
        it cost.
    :param done: the id of the transfer, once it is known.
    """

    kind: str
    source: str | None
    destination: str | None
    amount_minor: int | None
    fee_minor: int = 0
    done: str = ""


@dataclasses.dataclass(frozen=True)
class Hold:
    """What is asked of a hold.

    :param act: `place`, `capture` or `void`.
    :param id: of the hold; empty until it is placed.
    :param final: of a capture: whether the rest is free again.
    :param short: whether time may end it during the run.
    """

    act: str
    move: Move
    id: str = ""
    final: bool = False
    short: bool = False


@dataclasses.dataclass(frozen=True)
class Order:
    """One request.

    :param key: its idempotency key.
    :param keyed: whether the product remembers the answer under it; not of a void.
    """

    key: str
    secret: str
    path: str
    body: bytes
    moves: tuple[Move, ...] = ()
    hold: Hold | None = None
    keyed: bool = True


class Orders:
    """The requests of one client, which builds on what it was answered."""

    def __init__(self, world: World, *, seed: str, name: str) -> None:
        self._world = world
        self._rng = random.Random(f"{seed}/{name}")
        self._name = name
        self._count = 0
        self._done: list[Move] = []
        self._held: list[Hold] = []

    def __iter__(self) -> Iterator[Order]:
        """Without end."""
        makers: dict[Callable[[], Order], int] = {
            self._single: 45,
            self._batch: 8,
            self._deposit: 7,
            self._withdrawal: 6,
            self._placing: 12,
            self._capture: 10,
            self._void: 6,
            self._reversal: 8,
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

    def learn(self, order: Order, status: int, body: bytes) -> None:
        """Remember what can be captured, voided or given back later."""
        if status != 201:
            return
        found = json.loads(body)
        if order.hold is not None and order.hold.act == "place":
            self._held.append(dataclasses.replace(order.hold, id=found["id"]))
        elif order.moves and order.moves[0].kind != "reversal":
            self._done.append(self._as_done(order.moves[0], found))

    def _as_done(self, move: Move, found: Mapping[str, Any]) -> Move:
        amount: int = found["amount_minor"]
        payer = move.source
        fee = self._world.fee_minor(payer=payer, amount_minor=amount) if payer else 0
        if move.kind == "capture":  # a share of what its hold reserved
            fee = (found["fee"] or {}).get("amount_minor", 0)
        return dataclasses.replace(move, done=found["id"], amount_minor=amount, fee_minor=fee)

    def _single(self) -> Order:
        tenant = self._rng.choice(self._world.tenants)
        move = self._move(tenant)
        return self._order(tenant, SINGLE, _asked(move), moves=(move,))

    def _batch(self) -> Order:
        tenant = self._rng.choice(self._world.tenants)
        moves = tuple(self._move(tenant) for _ in range(self._rng.randint(2, LARGEST_BATCH)))
        whole = self._rng.random() < 0.3
        body = {"items": [_asked(move) for move in moves], "all_or_nothing": whole}
        return self._order(tenant, BATCH, body, moves=moves)

    def _deposit(self) -> Order:
        tenant = self._rng.choice(self._world.tenants)
        handle = self._rng.choice(tenant.handles)
        return self._cash(tenant, DEPOSITS, Move("deposit", None, handle, self._amount()))

    def _withdrawal(self) -> Order:
        tenant = self._rng.choice(self._world.tenants)
        handle = self._rng.choice(tenant.handles)
        return self._cash(tenant, WITHDRAWALS, Move("withdrawal", handle, None, self._amount()))

    def _placing(self) -> Order:
        tenant = self._rng.choice(self._world.tenants)
        move = self._move(tenant)
        short = self._rng.randrange(SHORT_EVERY) == 0
        body = {**_asked(move), **({"expires_in_seconds": SHORT_SECONDS} if short else {})}
        return self._order(tenant, HOLDS, body, hold=Hold("place", move, short=short))

    def _capture(self) -> Order:
        """A part of a hold, or all that is left."""
        if not self._held:
            return self._placing()
        hold, final = self._rng.choice(self._held), self._rng.random() < 0.3
        amount = None
        if self._rng.random() < 0.7:
            amount = self._rng.randint(1, max(1, (hold.move.amount_minor or 1) // 2))
        move = dataclasses.replace(hold.move, kind="capture", amount_minor=amount)
        body = {"final": final, **({"amount_minor": amount} if amount else {})}
        return self._order(
            self._world.home_of(move.source or ""),
            f"{HOLDS}/{hold.id}/capture",
            body,
            moves=(move,),
            hold=dataclasses.replace(hold, act="capture", final=final),
        )

    def _void(self) -> Order:
        if not self._held:
            return self._placing()
        hold = self._held.pop(self._rng.randrange(len(self._held)))
        return self._order(
            self._world.home_of(hold.move.source or ""),
            f"{HOLDS}/{hold.id}/void",
            {},
            hold=dataclasses.replace(hold, act="void"),
            keyed=False,
        )

    def _reversal(self) -> Order:
        """By whoever received: a part without the fee, or all that is left, inside with it."""
        if not self._done:
            return self._single()
        paid = self._rng.choice(self._done)
        whole = self._rng.random() < 0.4
        amount = None if whole else self._rng.randint(1, max(1, (paid.amount_minor or 1) // 2))
        receiver = paid.destination or paid.source or ""
        home = self._world.home_of(receiver)
        inside = home == self._world.home_of(paid.source or receiver)
        fee = paid.fee_minor if whole and inside else 0
        move = Move("reversal", paid.destination, paid.source, amount, fee)
        return self._order(
            self._world.home_of(receiver),
            f"{SINGLE}/{paid.done}/reverse",
            {} if amount is None else {"amount_minor": amount},
            moves=(move,),
        )

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
        return self._order(tenant, path, body, moves=(move,))

    def _order(
        self,
        tenant: Tenant,
        path: str,
        body: Mapping[str, object],
        *,
        moves: tuple[Move, ...] = (),
        hold: Hold | None = None,
        keyed: bool = True,
    ) -> Order:
        self._count += 1
        key = f"{self._name}-{self._count}"
        return Order(key, tenant.secret, path, json.dumps(body).encode(), moves, hold, keyed)


def _asked(move: Move) -> dict[str, object]:
    return {
        "source_wallet": move.source,
        "destination_wallet": move.destination,
        "amount_minor": move.amount_minor,
        "currency": CURRENCY,
        "description": "Invoice 2041",
    }
