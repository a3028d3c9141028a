"""What acknowledged answers tell: the transfers that must stand, and how every hold must."""

from __future__ import annotations

import dataclasses
import json
import uuid
from collections.abc import Iterator
from typing import Any

from kernel.ids import decode
from tests.torture.journal import Record
from tests.torture.orders import Move
from tests.torture.world import World

COMPLETED, FAILED = "COMPLETED", "FAILED"


@dataclasses.dataclass(frozen=True)
class Told:
    """A transfer as the driver knows it. Nothing moved unless it is completed.

    :param fee_minor: paid by the source; of a reversal, given back to the destination.
    """

    id: uuid.UUID
    state: str
    kind: str
    source: str
    destination: str
    amount_minor: int
    fee_minor: int


@dataclasses.dataclass
class ToldHold:
    """A hold as the driver knows it.

    :param fee_minor: of all of the amount; captures take it in shares.
    :param ended: whether an answer said so, and so nothing may be left of it.
    :param short: whether time may have ended it.
    """

    wallet: str
    amount_minor: int
    short: bool
    fee_minor: int = 0
    captured_minor: int = 0
    ended: bool = False


def transfers_of(record: Record, world: World) -> Iterator[Told]:
    """The transfers that an answer told of: none for a hold that was placed or voided."""
    answer, moves = record.answer, record.order.moves
    assert answer is not None
    found = json.loads(answer.body)
    items = found.get("items") or found.get("facts", {}).get("items")
    if items:
        for item, move in zip(items, moves, strict=True):
            yield _told(item["transfer"], move, world)
    elif moves and answer.status == 201:
        yield _told(found, moves[0], world)
    elif moves and "transfer" in found.get("facts", {}):
        yield _told({"id": found["facts"]["transfer"], "state": FAILED}, moves[0], world)


def _told(transfer: dict[str, Any], move: Move, world: World) -> Told:
    moved = transfer["state"] == COMPLETED
    amount: int = transfer["amount_minor"] if moved else 0
    fee = move.fee_minor
    if move.kind == "capture":
        # A share of what its hold reserved: which one, the order of the captures decides.
        fee = (transfer.get("fee") or {}).get("amount_minor", 0)
    elif move.kind != "reversal" and move.source:
        fee = world.fee_minor(payer=move.source, amount_minor=amount)
    return Told(
        decode("trf", transfer["id"]),
        transfer["state"],
        move.kind,
        move.source or "",
        move.destination or "",
        amount,
        fee if moved else 0,
    )


def learn_of_hold(holds: dict[uuid.UUID, ToldHold], record: Record, *, world: World) -> None:
    """Bring the holds up to date with an answer; placings come first in the journal."""
    answer, hold = record.answer, record.order.hold
    assert answer is not None
    if hold is None or answer.status not in {200, 201}:
        return
    found = json.loads(answer.body)
    hold_id = decode("hld", hold.id or found["id"])
    wallet, amount = hold.move.source or "", hold.move.amount_minor or 0
    if hold.act == "place":
        fee = world.fee_minor(payer=wallet, amount_minor=amount)
        holds[hold_id] = ToldHold(wallet, amount, hold.short, fee)
    elif hold.act == "capture":
        known = holds[hold_id]
        known.captured_minor += found["amount_minor"]
        known.ended |= hold.final or known.captured_minor == known.amount_minor
    else:
        holds[hold_id].ended = True
