"""Follow the stream and know every wallet's balance: nothing but nats-py and the schemas.

    NATS_URL=nats://token@127.0.0.1:4222 python docs/examples/follow_balances.py --once

With `--once` it ends at the end of the stream and prints what it knows; otherwise it prints each
change as it comes.
"""

import asyncio
import json
import os
import sys
from typing import Any

import nats
from nats.js.errors import FetchTimeoutError


class Balances:
    """What the events say: the version and balance of each account, the account of each wallet."""

    def __init__(self) -> None:
        self.accounts: dict[str, tuple[int, int, str]] = {}
        self.wallets: dict[str, str] = {}
        self.taken: set[str] = set()
        self.gaps: list[str] = []

    def take(self, event: dict[str, Any]) -> None:
        """Take one event in; the same one again changes nothing."""
        if event["id"] in self.taken:
            return
        self.taken.add(event["id"])
        if event["name"] == "wallets.wallet.opened":
            self.wallets[event["payload"]["handle"]] = event["payload"]["account_id"]
        elif event["name"] == "ledger.transaction.posted":
            for entry in event["payload"]["entries"]:
                self._entry(entry)

    def _entry(self, entry: dict[str, Any]) -> None:
        account, version = entry["account_id"], entry["version"]
        known = self.accounts.get(account, (0, 0, ""))[0]
        if version > known + 1:
            self.gaps.append(f"{account}: {known} is followed by {version}")
        if version > known:
            self.accounts[account] = (version, entry["balance_minor"], entry["currency"])

    def by_wallet(self) -> dict[str, dict[str, Any]]:
        """Balances in minor units by the wallets' handles."""
        shown = {}
        for handle, account in self.wallets.items():
            version, balance, currency = self.accounts.get(account, (0, 0, None))
            shown[handle] = {"balance_minor": balance, "currency": currency, "version": version}
        return shown


async def follow(once: bool) -> Balances:
    """Read the stream from its beginning."""
    namespace = os.environ.get("VAULTCRAFT_EVENT_NAMESPACE", "vaultcraft")
    balances = Balances()
    client = await nats.connect(os.environ["NATS_URL"])
    stream = client.jetstream()
    # Without a durable name the broker forgets the place; a service of yours would give one.
    reader = await stream.pull_subscribe(
        f"{namespace}.events.>", stream=f"{namespace.upper()}_EVENTS"
    )
    while True:
        try:
            messages = await reader.fetch(500, timeout=1)
        except (FetchTimeoutError, TimeoutError):
            if once:
                break
            continue
        for message in messages:
            balances.take(json.loads(message.data))
            await message.ack()
        if not once:
            print(json.dumps(balances.by_wallet()), flush=True)
    await client.close()
    return balances


if __name__ == "__main__":
    known = asyncio.run(follow("--once" in sys.argv))
    print(json.dumps({"wallets": known.by_wallet(), "gaps": known.gaps}))
