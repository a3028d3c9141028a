"""The torturer's own arithmetic: what it calls a finding, and what not."""

from __future__ import annotations

import collections
import dataclasses
import json
import uuid
from typing import Any

import pytest

from kernel.ids import encode, new_id
from tests.torture.books import Books
from tests.torture.journal import Answer, Record
from tests.torture.orders import Hold, Move, Order
from tests.torture.tally import Tally
from tests.torture.telling import Told
from tests.torture.world import Tenant, World

HOME = Tenant("home", "", ("h-own", "h-ann"), people=("h-ann",), charges=True)
AWAY = Tenant("away", "", ("a-own",), people=(), charges=False)
HOLD = new_id()
PAID, CAPTURED, BACK, REFUSED = new_id(), new_id(), new_id(), new_id()


@pytest.fixture
def tally() -> Tally:
    return Tally()


@pytest.fixture
def books(tally) -> Books:
    """Ann pays 1,000.00 for 3.50, and takes them back whole; 400.00 of a hold of 500.00 go."""
    books = Books(auditor_url="", world=World((HOME, AWAY)), tally=tally)
    pay = Move("transfer", "h-ann", "a-own", 1_000_00)
    hold = Hold("place", Move("transfer", "h-own", "h-ann", 500_00))
    capture = dataclasses.replace(hold, act="capture", id=encode("hld", HOLD))
    books.learn(
        [
            _told(201, PAID, 1_000_00, pay),
            _told(422, REFUSED, 0, pay),
            _told(201, BACK, 1_000_00, Move("reversal", "a-own", "h-ann", None, 3_50)),
            Record(_order(hold=hold), Answer(201, _body(id=encode("hld", HOLD)), replayed=False)),
            _told(201, CAPTURED, 400_00, dataclasses.replace(hold.move, kind="capture"), capture),
        ]
    )
    return books


def transfers() -> list[Told]:
    return [
        Told(PAID, "COMPLETED", "transfer", "h-ann", "a-own", 1_000_00, 3_50),
        Told(REFUSED, "FAILED", "transfer", "h-ann", "a-own", 0, 0),
        Told(BACK, "COMPLETED", "reversal", "a-own", "h-ann", 1_000_00, 3_50),
        Told(CAPTURED, "COMPLETED", "capture", "h-own", "h-ann", 400_00, 0),
    ]


def balances(**changes: int) -> dict[tuple[str, ...], tuple[int, int]]:
    posted = collections.Counter({"h-own": -400_00, "h-ann": 400_00})
    posted.update(changes)
    return {(name,): (amount, 100_00 if name == "h-own" else 0) for name, amount in posted.items()}


HOLDS = {HOLD: (500_00, 400_00, 0, "OPEN", 0, 0)}


def test_books_that_say_what_was_told_are_no_finding(books, tally):
    books.judge(transfers(), HOLDS, balances())

    assert tally.findings == []


@pytest.mark.parametrize(
    ("found", "finding"),
    [
        (transfers()[1:], "acknowledged, and not in the books"),
        ([*transfers(), transfers()[0]], "in the books, and not in the journal"),
        ([dataclasses.replace(transfers()[0], fee_minor=0), *transfers()[1:]], "not in the books"),
    ],
    ids=["lost", "twice", "without its fee"],
)
def test_transfers_that_differ_are_found(books, tally, found, finding):
    books.judge(found, HOLDS, balances())

    assert finding in tally.findings[0]


@pytest.mark.parametrize(
    "standing",
    [
        (500_00, 500_00, 0, "CAPTURED", 0, 0),
        (500_00, 400_00, 100_00, "VOIDED", 0, 0),
        (500_00, 400_00, 100_00, "EXPIRED", 0, 0),
        (500_00, 400_00, 0, "OPEN", 1, 0),
    ],
)
def test_holds_that_differ_are_found(books, tally, standing):
    books.judge(transfers(), {HOLD: standing}, balances())

    assert str(HOLD) in tally.findings[0]


def test_balances_and_held_amounts_that_differ_are_found(books, tally):
    books.judge(transfers(), HOLDS, balances(**{"h-ann": 1}))
    assert [finding.split(":")[0] for finding in tally.findings] == ["('h-ann',)"]

    kept = balances() | {("h-own",): (-400_00, 0), ("FEE_INCOME", "home"): (3_50, 0)}
    books.judge(transfers(), HOLDS, kept)
    assert len(tally.findings) == 3


def _told(
    status: int, transfer: uuid.UUID, amount: int, move: Move, hold: Hold | None = None
) -> Record:
    name = encode("trf", transfer)
    if status == 201:
        body = _body(id=name, state="COMPLETED", amount_minor=amount)
    else:
        body = _body(code="insufficient_funds", facts={"transfer": name})
    return Record(_order(move, hold=hold), Answer(status, body, replayed=False))


def _order(*moves: Move, hold: Hold | None = None) -> Order:
    return Order("key", "", "", b"", moves, hold)


def _body(**members: Any) -> bytes:
    return json.dumps(members).encode()
