"""Is what the rooms told each other what was written? Asked when nothing is under way.

Every event that was committed is in the stream, each account's in the order of its entries, and was
taken in once; what was made of them is what the books say.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from typing import Any

import nats
import psycopg
from nats.js import api

from events.relay.cursor import IS_SENT
from tests.torture.tally import Tally
from vaultcraft.supervisor.programs import ROOT

CAUGHT_UP_SECONDS = 120.0
REBUILD_SECONDS = 120
SHOWN = 5
PAGE = 500
STREAM, SUBJECT = "VAULTCRAFT_EVENTS", "vaultcraft.events.>"
POSTED = "ledger.transaction.posted"

_WAITS = f"""
SELECT (SELECT count(*) FROM events_outboxevent o, events_relaycursor place WHERE NOT {IS_SENT}),
    (SELECT count(*) FROM events_outboxevent)
        - (SELECT count(*) FROM events_inboxentry WHERE consumer = 'webhooks'),
    (SELECT count(*) FROM events_outboxevent WHERE name = '{POSTED}')
        - (SELECT count(*) FROM events_inboxentry WHERE consumer = 'balances'),
    (SELECT count(*) FROM events_faileddelivery WHERE state <> 'TAKEN'),
    (SELECT count(*) FROM events_relaycursor WHERE lost_at IS NOT NULL)"""
_NAMES = ("not published", "not told", "not in the projection", "failed", "streams given up")
_DIFFER = """
SELECT a.id, a.version, a.posted_minor, s.version, s.balance_minor
FROM ledger_ledgeraccount a FULL JOIN reporting_accountstanding s ON s.account_id = a.id
WHERE (coalesce(a.version, 0), coalesce(a.posted_minor, 0))
    <> (coalesce(s.version, 0), coalesce(s.balance_minor, 0))"""


class Carried:
    """The outbox, the stream and the consumers' rows of one stack."""

    def __init__(self, *, auditor_url: str, tally: Tally) -> None:
        self._auditor_url = auditor_url
        self._tally = tally

    def compare(self) -> None:
        """Wait until all is taken in; then everything must be there, once and in order."""
        with psycopg.connect(self._auditor_url, autocommit=True) as auditor:
            if not self._caught_up(auditor):
                return
            rows = auditor.execute("SELECT id::text FROM events_outboxevent").fetchall()
            for row in auditor.execute(_DIFFER).fetchmany(SHOWN):
                self._tally.find(f"the books and the projection differ: {row}")
        told = asyncio.run(_stream())
        self._compare_stream({row[0] for row in rows}, told)
        self._tally.count("carried compared")

    def check(self) -> None:
        """Make the projection anew, as an operator does: it must be the live one."""
        done = subprocess.run(
            [sys.executable, "manage.py", "rebuild_projection", "balances", "--check"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=REBUILD_SECONDS,
            check=False,
        )
        if done.returncode:
            self._tally.find(f"rebuilding: {done.stdout[-500:]}{done.stderr[-1000:]}")

    def _caught_up(self, auditor: psycopg.Connection) -> bool:
        deadline = time.monotonic() + CAUGHT_UP_SECONDS
        while any(waits := auditor.execute(_WAITS).fetchone() or (1,)):
            if time.monotonic() > deadline:
                self._tally.find(f"events wait: {dict(zip(_NAMES, waits, strict=True))}")
                return False
            time.sleep(0.1)
        return True

    def _compare_stream(self, written: set[str], told: list[dict[str, Any]]) -> None:
        first = {message["id"]: message for message in reversed(told)}
        for event in sorted(written ^ first.keys())[:SHOWN]:
            place = "written and not in the stream" if event in written else "never written"
            self._tally.find(f"event {event}: {place}")
        seen: set[str] = set()
        versions = defaultdict(list)
        for message in told:
            if message["id"] in seen or message["name"] != POSTED:
                continue
            seen.add(message["id"])
            for entry in message["payload"]["entries"]:
                versions[entry["account_id"]].append(entry["version"])
        for account, found in versions.items():
            if found != list(range(1, len(found) + 1)):
                self._tally.find(f"account {account}: its entries are told as {found[-50:]}")
        self._tally.count("events", len(written) - self._tally["events"])
        self._tally.count("repeats", len(told) - len(first) - self._tally["repeats"])


async def _stream() -> list[dict[str, Any]]:
    """All messages, in their order, as anybody may read them."""
    client = await nats.connect(os.environ["NATS_URL"])
    try:
        context = client.jetstream()
        last = (await context.stream_info(STREAM)).state.messages
        reading = await context.pull_subscribe(
            SUBJECT,
            stream=STREAM,
            config=api.ConsumerConfig(ack_policy=api.AckPolicy.NONE, inactive_threshold=30),
        )
        found: list[dict[str, Any]] = []
        while len(found) < last:
            found += [json.loads(one.data) for one in await reading.fetch(PAGE, timeout=10)]
        return found
    finally:
        await client.close()
