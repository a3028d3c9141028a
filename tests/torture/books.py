"""Do the books say what the journal says? Asked by the auditor role, when nothing is under way."""

from __future__ import annotations

import collections
import json
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence

import psycopg

from tests.torture.journal import Record
from tests.torture.tally import Tally
from tests.torture.telling import COMPLETED, Told, ToldHold, learn_of_hold, transfers_of
from tests.torture.world import World
from vaultcraft.supervisor.programs import ROOT

SHOWN = 5
CHECKER_SECONDS = 120
# A balance: a wallet's handle, or the kind of an account, its organization and perhaps another one.
Account = tuple[str, ...]
# What stands in a row of `ledger_hold`: amount, captured, released, state, fee, captured of it.
KeptHold = tuple[int, int, int, str, int, int]
NO_HOLD: KeptHold = (0, 0, 0, "", 0, 0)

_TRANSFERS = """
SELECT id, state, kind, source_handle, destination_handle,
       CASE state WHEN 'COMPLETED' THEN amount_minor ELSE 0 END, fee_minor
FROM wallets_transfer"""
_ACCOUNTS = """
SELECT coalesce(w.handle, a.kind), CASE WHEN w.id IS NULL THEN a.organization_id::text END,
       a.counterparty_id::text, a.posted_minor, a.held_minor
FROM ledger_ledgeraccount a LEFT JOIN wallets_wallet w ON w.account_id = a.id"""
_HOLDS = """
SELECT id, amount_minor, captured_minor, released_minor, state, fee_minor, fee_captured_minor
FROM ledger_hold"""


class Books:
    """The books of one stack."""

    def __init__(self, *, auditor_url: str, world: World, tally: Tally) -> None:
        self._auditor_url = auditor_url
        self._world = world
        self._tally = tally
        self._read = 0
        self._told: list[Told] = []
        self._holds: dict[uuid.UUID, ToldHold] = {}

    def compare(self, records: Sequence[Record]) -> None:
        """Every transfer and hold of the journal exactly once, none besides, and all balances.

        :param records: all of the journal, each with its answer.
        """
        self.learn(records[self._read :])
        self._read = len(records)
        with psycopg.connect(self._auditor_url) as auditor:
            transfers = [Told(*row) for row in auditor.execute(_TRANSFERS).fetchall()]
            holds = {row[0]: row[1:] for row in auditor.execute(_HOLDS).fetchall()}
            rows = auditor.execute(_ACCOUNTS).fetchall()
        kept = {tuple(part for part in row[:3] if part): row[3:] for row in rows}
        self.judge(transfers, holds, kept)
        self._tally.count("comparisons")

    def learn(self, records: Sequence[Record]) -> None:
        """Take in what acknowledged answers told."""
        for record in records:
            self._told += transfers_of(record, self._world)
            learn_of_hold(self._holds, record, world=self._world)

    def judge(
        self,
        transfers: Sequence[Told],
        holds: Mapping[uuid.UUID, KeptHold],
        kept: Mapping[Account, tuple[int, int]],
    ) -> None:
        """Compare what stands in the books with what was told."""
        self._compare_transfers(transfers)
        self._compare_holds(holds)
        self._compare_balances(kept, holds)

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

    def _compare_transfers(self, found: Sequence[Told]) -> None:
        wanted, have = collections.Counter(self._told), collections.Counter(found)
        for row in list((wanted - have).elements())[:SHOWN]:
            self._tally.find(f"acknowledged, and not in the books: {row}")
        for row in list((have - wanted).elements())[:SHOWN]:
            self._tally.find(f"in the books, and not in the journal: {row}")

    def _compare_holds(self, kept: Mapping[uuid.UUID, KeptHold]) -> None:
        for hold_id in [*self._holds, *(one for one in kept if one not in self._holds)]:
            told, have = self._holds.get(hold_id), kept.get(hold_id)
            if told is None or have is None or not _agree(told, have):
                self._tally.find(f"hold {hold_id}: {have}, the journal says {told}")

    def _compare_balances(
        self,
        kept: Mapping[Account, tuple[int, int]],
        holds: Mapping[uuid.UUID, KeptHold],
    ) -> None:
        posted, held = self._posted(), self._held(holds)
        for account in sorted({*posted, *held, *kept}):
            have, wanted = kept.get(account, (0, 0)), (posted[account], held[account])
            if have != wanted:
                self._tally.find(f"{account}: posted and held {have}, the journal says {wanted}")

    def _posted(self) -> collections.Counter[Account]:
        """What the journal says of every balance."""
        balances: collections.Counter[Account] = collections.Counter()
        for told in self._told:
            if told.state == COMPLETED:
                for account, change in (*self._principal(told), *self._fee(told)):
                    balances[account] += change
        return balances

    def _held(self, kept: Mapping[uuid.UUID, KeptHold]) -> collections.Counter[Account]:
        """What is left of the holds on each wallet; whether time has ended one the books know."""
        held: collections.Counter[Account] = collections.Counter()
        for hold_id, told in self._holds.items():
            amount, captured, released, state, fee, charged = kept.get(hold_id, NO_HOLD)
            held[(told.wallet,)] += amount - captured - released
            held[(told.wallet,)] += fee - charged if state == "OPEN" else 0
        return held

    def _principal(self, told: Told) -> Iterator[tuple[Account, int]]:
        """What a movement does to each account, on the account's normal side."""
        amount = told.amount_minor
        payer = self._world.home_of(told.source).id if told.source else ""
        receiver = self._world.home_of(told.destination).id if told.destination else ""
        if payer:
            yield (told.source,), -amount
        if receiver:
            yield (told.destination,), amount
        if not payer:
            yield ("CASH", receiver), amount
        elif not receiver:
            yield ("CASH", payer), -amount
        elif payer != receiver:
            yield ("CLEARING", payer, receiver), amount
            yield ("CLEARING", receiver, payer), -amount

    def _fee(self, told: Told) -> Iterator[tuple[Account, int]]:
        """The payer pays it on top; a reversal gives it back to its destination."""
        fee = told.fee_minor if told.kind == "reversal" else -told.fee_minor
        wallet = told.destination if told.kind == "reversal" else told.source
        if fee:
            yield (wallet,), fee
            yield ("FEE_INCOME", self._world.home_of(wallet).id), -fee


def _agree(told: ToldHold, have: KeptHold) -> bool:
    """Whether a hold stands as the journal says; time may have ended a short one."""
    amount, captured, released, state, *fees = have
    if (amount, captured) != (told.amount_minor, told.captured_minor):
        return False
    if fees != [told.fee_minor, told.fee_minor * captured // amount]:
        return False
    rest = amount - captured
    if told.ended:
        return state in {"CAPTURED", "VOIDED"} and released == rest
    return (state, released) == ("OPEN", 0) or (
        told.short and (state, released) == ("EXPIRED", rest)
    )
