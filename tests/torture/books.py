"""Do the books say what the journal says? Asked by the auditor role, when nothing is under way."""

from __future__ import annotations

import collections
import json
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence

import psycopg

from kernel.ids import decode
from tests.torture.journal import Record
from tests.torture.orders import Move
from tests.torture.tally import Tally
from tests.torture.world import World
from vaultcraft.supervisor.programs import ROOT

SHOWN = 5
CHECKER_SECONDS = 120
COMPLETED, FAILED = "COMPLETED", "FAILED"
# A transfer as the driver knows it: id, state, kind, source, destination, amount.
Row = tuple[uuid.UUID, str, str, str, str, int]
# A balance: a wallet's handle, ("cash", organization), or ("clearing", organization, other).
Account = str | tuple[str, ...]

_TRANSFERS = """
SELECT id, state, kind, source_handle, destination_handle, amount_minor FROM wallets_transfer"""
_ACCOUNTS = """
SELECT a.kind, a.organization_id::text, a.counterparty_id::text, w.handle, a.code,
       a.posted_minor, a.held_minor
FROM ledger_ledgeraccount a LEFT JOIN wallets_wallet w ON w.account_id = a.id"""


class Books:
    """The books of one stack."""

    def __init__(self, *, auditor_url: str, world: World, tally: Tally) -> None:
        self._auditor_url = auditor_url
        self._world = world
        self._tally = tally
        self._read = 0
        self._told: list[Row] = []

    def compare(self, records: Sequence[Record]) -> None:
        """Every transfer of the journal exactly once, none besides, and all balances.

        :param records: all of the journal, each with its answer.
        """
        self._told += [row for record in records[self._read :] for row in _rows(record)]
        self._read = len(records)
        with psycopg.connect(self._auditor_url) as auditor:
            found: list[Row] = list(auditor.execute(_TRANSFERS))
            kept = {_account(row): row[5:] for row in auditor.execute(_ACCOUNTS).fetchall()}
        self._compare_transfers(self._told, found)
        self._compare_balances(self._told, kept)
        self._tally.count("comparisons")

    def check(self) -> None:
        """Run the product's own checker, as an operator does."""
        done = subprocess.run(
            [sys.executable, "manage.py", "verify_books", "--format", "json", "--no-record"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=CHECKER_SECONDS,
            check=False,
        )
        passes = json.loads(done.stdout)["passes"] if done.stdout.startswith("{") else []
        self._tally.count("checker passes", len(passes))
        for found in (one for one in passes if one["found"]):
            self._tally.find(f"checker: {found['name']}: {found['findings'][:SHOWN]}")
        if done.returncode and not any(one["found"] for one in passes):
            self._tally.find(f"the checker ended with {done.returncode}: {done.stderr[-1500:]}")

    def _compare_transfers(self, told: Sequence[Row], found: Sequence[Row]) -> None:
        wanted, have = collections.Counter(told), collections.Counter(found)
        for row in list((wanted - have).elements())[:SHOWN]:
            self._tally.find(f"acknowledged, and not in the books: {row}")
        for row in list((have - wanted).elements())[:SHOWN]:
            self._tally.find(f"in the books, and not in the journal: {row}")

    def _compare_balances(self, rows: Sequence[Row], kept: dict[Account, tuple[int, int]]) -> None:
        wanted = self._balances(rows)
        for account in sorted({*wanted, *kept}, key=str):
            posted, held = kept.get(account, (0, 0))
            if (posted, held) != (wanted[account], 0):
                self._tally.find(
                    f"{account}: posted {posted}, held {held}; the journal says {wanted[account]}"
                )

    def _balances(self, rows: Sequence[Row]) -> collections.Counter[Account]:
        balances: collections.Counter[Account] = collections.Counter()
        for _, state, _, source, destination, amount in rows:
            if state == COMPLETED:
                for account, change in self._changes(source, destination, amount):
                    balances[account] += change
        return balances

    def _changes(self, source: str, destination: str, amount: int) -> Iterator[tuple[Account, int]]:
        """What a completed movement does to each account, on the account's normal side."""
        payer = self._world.home_of(source).id if source else None
        receiver = self._world.home_of(destination).id if destination else None
        if payer:
            yield source, -amount
        if receiver:
            yield destination, amount
        if payer is None:
            yield ("cash", str(receiver)), amount
        elif receiver is None:
            yield ("cash", payer), -amount
        elif payer != receiver:
            yield ("clearing", payer, receiver), amount
            yield ("clearing", receiver, payer), -amount


def _account(row: tuple[str, ...]) -> Account:
    kind, organization, counterparty, handle, code = row[:5]
    if handle:
        return handle
    if kind == "CLEARING":
        return ("clearing", organization, counterparty)
    return ("cash", organization) if kind == "CASH" else (kind, organization, code)


def _rows(record: Record) -> Iterator[Row]:
    """The transfers that an acknowledged answer told of."""
    answer, moves = record.answer, record.order.moves
    assert answer is not None
    found = json.loads(answer.body)
    if "items" in found or "items" in found.get("facts", {}):
        items = found.get("items") or found["facts"]["items"]
        for item, move in zip(items, moves, strict=True):
            yield _row(item["transfer"]["id"], item["transfer"]["state"], move)
    else:
        transfer = found["id"] if answer.status == 201 else found["facts"]["transfer"]
        yield _row(transfer, found.get("state", FAILED), moves[0])


def _row(transfer: str, state: str, move: Move) -> Row:
    ends = (move.source or "", move.destination or "")
    return (decode("trf", transfer), state, move.kind, *ends, move.amount_minor)
