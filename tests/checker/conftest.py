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
from psycopg import sql

from kernel.actor import Door, system
from kernel.crypto import fingerprint
from ledger.checker import Report, verify_books
from ledger.services.holds import reap_overdue_holds
from ledger.services.periods import close_period, open_period
from tests.connecting import close_connections, point_at
from tests.servers import SUPERUSER_VARIABLE, clone_database, drop_database
from tests.web.conftest import visit
from tests.world import NOW, World, build_world
from wallets.choices import TransferKind
from wallets.models import Transfer
from wallets.services.holds import HoldRequest, capture_hold, place_hold, void_hold
from wallets.services.references import reference_of
from wallets.services.reversals import reverse_transfer
from wallets.services.terms import set_fee_schedule
from wallets.services.transfers import TransferOutcome, execute_transfers

__all__ = ["visit"]


@dataclasses.dataclass(frozen=True)
class Books:
    """Ids of what the attacks aim at: accounts, a hold, transactions, a wallet, a transfer."""

    alice: uuid.UUID
    acme: uuid.UUID
    charlie: uuid.UUID
    hold: uuid.UUID
    voided: uuid.UUID
    expired: uuid.UUID
    paid: uuid.UUID
    reversal: uuid.UUID
    alice_wallet: uuid.UUID
    reversed_transfer: uuid.UUID


_CHECKS = (
    "SELECT conrelid::regclass::text, conname::text FROM pg_constraint"
    " WHERE contype = 'c' AND connamespace = 'public'::regnamespace AND conrelid <> 0"
)


@dataclasses.dataclass
class Vandal:
    """A superuser without triggers, foreign keys and checks, in a transaction of its own."""

    connection: psycopg.Connection

    def run(self, statement: str, *values: object) -> Any:
        """Run a statement; the first column of the first row, where it returns any."""
        cursor = self.connection.execute(statement, values)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None

    def checked(self) -> Report:
        """What the checker says of the books as they are now."""
        return verify_books(connection=self.connection)


def places(vandal: Vandal) -> set[tuple[str, str, str]]:
    """Pass, rule and place of each finding."""
    report = vandal.checked()
    return {(one.check, one.rule, one.subject_id) for one in report.findings}


@pytest.fixture(scope="session")
def eventful(django_db_blocker: Any) -> Iterator[tuple[str, Books]]:
    """A database with transfers, a hold captured in part, a reversal; and what stands where."""
    name = f"vaultcraft_checked_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    clone_database(name=name)
    own = point_at(name)
    with django_db_blocker.unblock():
        books = _make_books(build_world())
        close_connections()
    point_at(own)
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
        for table, name in connection.execute(_CHECKS).fetchall():
            dropped = sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}")
            connection.execute(dropped.format(sql.Identifier(table), sql.Identifier(name)))
        yield Vandal(connection)
        connection.rollback()


def _make_books(world: World) -> Books:
    """Payments with a fee, across and refused; a reversal in part; holds with every end."""
    for kind in (TransferKind.TRANSFER, TransferKind.CAPTURE):
        set_fee_schedule(
            actor=world.actor(world.alice),
            organization_id=world.acme.id,
            kind=kind,
            currency="INR",
            fixed_minor=1_00,
            bps=0,
            floor_minor=0,
            ceiling_minor=None,
            now=NOW,
        )
    for days in (45, 10):
        early = dataclasses.replace(world.request(), now=NOW - dt.timedelta(days=days))
        _completed(execute_transfers([early])[0])
    _completed(world.send(amount_minor=300_00))
    assert world.send(amount_minor=10_000_000_00).error
    _completed(
        world.send(source=world.acme_wallet, destination=world.alice_wallet, amount_minor=50_00)
    )
    hold = _capture(world)
    voided = _place(world, "voided")
    void_hold(actor=world.actor(world.alice), hold_id=voided, now=NOW)
    expired = _place(world, "expired", lasts=dt.timedelta(hours=1))
    root = system(door=Door.TASK, request_id="reaper")
    assert reap_overdue_holds(actor=root, now=NOW + dt.timedelta(hours=2)) == 1
    paid = _completed(world.send(destination=world.acme_wallet, amount_minor=70_00))
    back = _completed(_reverse(world, paid))
    _close(world, NOW.date() - dt.timedelta(days=30))
    _close(world, NOW.date() - dt.timedelta(days=1))
    assert paid.source_transaction_id
    assert back.source_transaction_id
    return Books(
        alice=world.alice_wallet.account_id,
        acme=world.acme_wallet.account_id,
        charlie=world.charlie_wallet.account_id,
        hold=hold,
        voided=voided,
        expired=expired,
        paid=paid.source_transaction_id,
        reversal=back.source_transaction_id,
        alice_wallet=world.alice_wallet.id,
        reversed_transfer=paid.id,
    )


def _close(world: World, day: dt.date) -> None:
    """Close Acme's books up to the end of a day."""
    actor = world.actor(world.alice)
    period = open_period(actor=actor, organization_id=world.acme.id, closes_on=day, now=NOW)
    close_period(actor=actor, period_id=period.id, now=NOW)


def _completed(outcome: TransferOutcome) -> Transfer:
    assert outcome.error is None, outcome.error
    assert outcome.transfer is not None
    return outcome.transfer


def _place(world: World, key: str, *, lasts: dt.timedelta = dt.timedelta(days=7)) -> uuid.UUID:
    """A hundred rupees of Alice's reserved for Acme."""
    actor = world.actor(world.alice)
    hold = place_hold(
        HoldRequest(
            actor=actor,
            source=world.alice_wallet.handle,
            destination=world.acme_wallet.handle,
            amount_minor=100_00,
            currency="INR",
            expires_at=NOW + lasts,
            reference=reference_of(actor=actor, route="holds", key=key),
            fingerprint=fingerprint(key),
            now=NOW,
        )
    )
    return uuid.UUID(str(hold.hold_id))


def _capture(world: World) -> uuid.UUID:
    """A hundred rupees reserved, forty of them captured."""
    actor = world.actor(world.alice)
    hold = _place(world, "hold")
    captured = capture_hold(
        actor=actor,
        hold_id=hold,
        amount_minor=40_00,
        final=False,
        reference=reference_of(actor=actor, route="captures", key="capture"),
        fingerprint=fingerprint("capture"),
        now=NOW,
    )
    _completed(captured)
    return hold


def _reverse(world: World, transfer: Transfer) -> TransferOutcome:
    """Give back a part."""
    actor = world.actor(world.alice)
    return reverse_transfer(
        actor=actor,
        transfer_id=transfer.id,
        amount_minor=25_00,
        reference=reference_of(actor=actor, route="reversals", key="reversal"),
        fingerprint=fingerprint("reversal"),
        now=NOW,
    )
