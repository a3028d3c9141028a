"""Books with something of everything in them, made once in a worker; attacks are rolled back."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from kernel.context import Context, Scope
from kernel.crypto import fingerprint
from kernel.ids import new_id
from kernel.rows import insert_rows
from kernel.transactions import opens_transaction
from ledger.checker import Report, verify_books
from ledger.choices import Side, TransactionKind
from ledger.models import Entry, LedgerAccount
from ledger.services.movements import Capture, Leg, Movement, Posted, Posting
from ledger.tests.books import legs, movement, posted
from tests.fixtures import _close_connections, _point_at
from tests.servers import SUPERUSER_VARIABLE, clone_database, drop_database
from tests.web.conftest import visit
from tests.world import NOW, World, build_world

__all__ = ["visit"]

HOLD_COLUMNS = {
    "id": "uuid",
    "organization_id": "uuid",
    "account_id": "uuid",
    "currency_id": "text",
    "amount_minor": "bigint",
    "state": "text",
    "reference": "bytea",
    "placed_at": "timestamptz",
    "expires_at": "timestamptz",
}


@dataclasses.dataclass(frozen=True)
class Books:
    """Ids of what the attacks aim at."""

    alice: uuid.UUID
    acme: uuid.UUID
    charlie: uuid.UUID
    hold: uuid.UUID
    paid: uuid.UUID
    reversal: uuid.UUID


@dataclasses.dataclass
class Vandal:
    """A superuser with every trigger and foreign key switched off, in a transaction of its own."""

    connection: psycopg.Connection

    def run(self, statement: str, *values: object) -> Any:
        """Run a statement; the first column of the first row, where it returns any."""
        cursor = self.connection.execute(statement, values)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None

    def checked(self) -> Report:
        """What the checker says of the books as they are now."""
        return verify_books(connection=self.connection)


@pytest.fixture(scope="session")
def eventful(django_db_blocker: Any) -> Iterator[tuple[str, Books]]:
    """A database with transfers, a hold captured in part, a reversal; and what stands where."""
    name = f"vaultcraft_checked_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    clone_database(name=name)
    own = _point_at(name)
    with django_db_blocker.unblock():
        books = _make_books(build_world())
        _close_connections()
    _point_at(own)
    yield name, books
    drop_database(name=name)


@pytest.fixture
def books(eventful: tuple[str, Books]) -> Books:
    return eventful[1]


@pytest.fixture
def vandal(eventful: tuple[str, Books]) -> Iterator[Vandal]:
    """Whatever the vandal does is rolled back at the end."""
    url = os.environ[SUPERUSER_VARIABLE]
    with psycopg.connect(url, dbname=eventful[0]) as connection:
        connection.execute("SET session_replication_role = replica")
        yield Vandal(connection)
        connection.rollback()


def _make_books(world: World) -> Books:
    world.send(amount_minor=300_00)
    world.send(amount_minor=10_000_000_00)  # refused: the money is not there
    world.send(source=world.acme_wallet, destination=world.alice_wallet, amount_minor=50_00)
    account = world.alice_wallet.account
    hold = _hold(account=account)
    kept = _posted(_payment(world, 40_00, kind=TransactionKind.CAPTURE, hold=hold))
    assert kept.transaction_ids
    paid = _posted(movement(account, world.acme_wallet.account, 70_00))
    reversal = _posted(_reversal(transaction_id=paid.transaction_ids[0], amount_minor=25_00))
    return Books(
        alice=account.id,
        acme=world.acme_wallet.account_id,
        charlie=world.charlie_wallet.account_id,
        hold=hold,
        paid=paid.transaction_ids[0],
        reversal=reversal.transaction_ids[0],
    )


def _posted(wanted: Movement) -> Posted:
    (result,) = posted(wanted)
    assert isinstance(result, Posted), result
    return result


def _payment(
    world: World, amount_minor: int, *, kind: TransactionKind, hold: uuid.UUID
) -> Movement:
    payer, receiver = world.alice_wallet.account, world.acme_wallet.account
    posting = legs(
        payer.organization_id,
        (payer, Side.DEBIT, amount_minor),
        (receiver, Side.CREDIT, amount_minor),
    )
    return Movement(
        kind=kind,
        currency="INR",
        reference=fingerprint("capture"),
        postings=(posting,),
        effective_at=NOW,
        capture=Capture(hold, payer.id, amount_minor),
    )


def _platform(**_: object) -> Context:
    return Context(scope=Scope.PLATFORM)


@opens_transaction(context=_platform)
def _hold(*, account: LedgerAccount) -> uuid.UUID:
    """A hundred rupees reserved on the account."""
    hold = new_id()
    row = (hold, account.organization_id, account.id, account.currency_id, 100_00, "OPEN")
    times = (fingerprint("hold"), NOW, NOW + dt.timedelta(days=7))
    insert_rows(table="ledger_hold", columns=HOLD_COLUMNS, rows=[(*row, *times)])
    return hold


@opens_transaction(context=_platform)
def _reversal(*, transaction_id: uuid.UUID, amount_minor: int) -> Movement:
    """Give back a part of a transaction."""
    undone = list(Entry.objects.filter(transaction=transaction_id).order_by("seq"))
    other = {Side.DEBIT: Side.CREDIT, Side.CREDIT: Side.DEBIT}
    back = (Leg(one.account_id, other[Side(one.side)], amount_minor, one.id) for one in undone)
    return Movement(
        kind=TransactionKind.REVERSAL,
        currency="INR",
        reference=fingerprint("reversal"),
        postings=(Posting(undone[0].organization_id, tuple(back), transaction_id),),
        effective_at=NOW,
    )
