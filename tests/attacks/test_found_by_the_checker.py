"""What no constraint can refuse, because each row is right by itself: the checker finds it.

The database lets the application write a transaction before its entries, and a hold's counter
without the entries that pay it, for both are two statements of one act.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from kernel.ids import new_id
from ledger.checker import Finding, verify_books
from tests.attacks.field import KEPT, Attacker, Field
from tests.attacks.forging import Forged, credit, debit
from tests.attacks.on_holds import changing
from tests.servers import SUPERUSER_VARIABLE, clone_database, drop_database

ALONE = (
    "INSERT INTO ledger_transaction (id, organization_id, kind, reference, entry_count,"
    " effective_at, recorded_at, description, metadata) VALUES (gen_random_uuid(), %(acme)s,"
    " 'TRANSFER', sha256('alone'), 2, now(), now(), '', '{}')"
)
CAPTURED = changing("captured_minor = 10000, state = 'CAPTURED', ended_at = now()")
NAMED_ONLY = Forged(debit("shop", 5_00), credit("cash", 5_00), kind="CAPTURE", hold_id=":ended")
ONE_SIDE = Forged(debit("alice", 5_00), credit("owed_to_globex", 5_00))
TRANSFER = "SELECT transfer_id FROM ledger_transaction WHERE transfer_id IS NOT NULL"


def theft(kind: str, **changed: Any) -> Forged:
    """Alice's money in the shop's wallet, balanced, and nobody asked for it."""
    return Forged(debit("alice", 5_00), credit("shop", 5_00), kind=kind, **changed)


@pytest.fixture
def intruder(field: Field) -> Iterator[Attacker]:
    """An attacker who commits, on a copy of the field."""
    copy = dataclasses.replace(field, database=f"{field.database}_found")
    clone_database(name=copy.database, template=field.database)
    try:
        with psycopg.connect(os.environ["DATABASE_URL"], dbname=copy.database) as connection:
            yield Attacker(copy, connection)
            connection.rollback()
    finally:
        drop_database(name=copy.database)


@pytest.mark.parametrize(
    ("move", "check", "rule"),
    [
        (ALONE, "transactions", "transaction_without_entries"),
        (CAPTURED, "holds", "hold_captured_in_books"),
        (NAMED_ONLY, "holds", "hold_captured_in_books"),
        (ONE_SIDE, "clearing", "clearing_sides_equal"),
        (theft("JOURNAL"), "by_hand", "journal_has_one_record"),
        (theft("EXCHANGE"), "by_hand", "transaction_kind_has_door"),
        (theft("SETTLEMENT"), "by_hand", "transaction_kind_has_door"),
    ],
    ids=[
        "no entries",
        "captured without entries",
        "capture of nothing",
        "one side of two",
        "a journal of nobody's",
        "an exchange",
        "a settlement",
    ],
)
def test_it_is_found(intruder: Attacker, move: str | Forged, check: str, rule: str) -> None:
    before = _broken(intruder)
    assert intruder.commits((move,), sees=("acme",)) == KEPT
    assert (check, rule) in _broken(intruder) - before


@pytest.mark.parametrize("kind", ["TRANSFER", "DEPOSIT", "WITHDRAWAL"])
def test_a_theft_is_found_by_its_missing_transfer(intruder: Attacker, kind: str) -> None:
    thief = theft(kind, id=new_id())
    assert intruder.commits((thief,), sees=("acme",)) == KEPT
    found = {
        (one.rule, one.subject_id) for one in _findings(intruder) if one.check == "by_transfer"
    }
    assert ("transaction_has_transfer", str(thief.changed["id"])) in found


def test_a_theft_in_the_name_of_another_transfer_is_found(intruder: Attacker) -> None:
    intruder.view("acme")
    row = intruder.connection.execute(TRANSFER).fetchone()
    intruder.connection.rollback()
    assert row is not None
    thief = theft("TRANSFER", id=new_id(), transfer_id=row[0])
    assert intruder.commits((thief,), sees=("acme",)) == KEPT
    found = {(one.rule, one.subject_id) for one in _findings(intruder)}
    assert ("transfer_names_transaction", str(thief.changed["id"])) in found


def _broken(intruder: Attacker) -> set[tuple[str, str]]:
    """Pass and rule of each finding; the field's own movements have no transfers behind them."""
    return {(finding.check, finding.rule) for finding in _findings(intruder)}


def _findings(intruder: Attacker) -> list[Finding]:
    url = os.environ[SUPERUSER_VARIABLE]
    with psycopg.connect(url, dbname=intruder.field.database) as connection:
        return verify_books(connection=connection).findings
