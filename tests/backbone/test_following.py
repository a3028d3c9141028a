"""An integrator who has the schemas and a NATS client knows every wallet's balance."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import uuid
from typing import Any

import jsonschema  # type: ignore[import-untyped]
from django.conf import settings

from events.models import OutboxEvent
from events.streams import EVENTS
from ledger.models import LedgerAccount
from tests.backbone.scenes import messages, namespace, relaying
from tests.database import all_seeing
from tests.world import World
from vaultcraft.checks import ROOT
from wallets.models import Wallet

SCHEMAS = ROOT / "docs" / "events"
EXAMPLE = ROOT / "docs" / "examples" / "follow_balances.py"


def _followed() -> dict[str, Any]:
    """What the example of the documentation knows, run as anybody would run it."""
    done = subprocess.run(
        [sys.executable, str(EXAMPLE), "--once"],
        env={
            "PATH": os.environ["PATH"],
            "NATS_URL": settings.NATS_URL,
            "VAULTCRAFT_EVENT_NAMESPACE": settings.EVENT_NAMESPACE,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(done.stdout)


def _books() -> dict[str, dict[str, Any]]:
    with all_seeing():
        return {
            wallet.handle: {
                "balance_minor": wallet.account.posted_minor,
                "currency": wallet.currency_id,
                "version": wallet.account.version,
            }
            for wallet in Wallet.objects.select_related("account")
        }


def _outbox_size() -> int:
    with all_seeing():
        return OutboxEvent.objects.count()


def test_the_example_rebuilds_every_balance_and_every_message_fits_its_schema(
    committed_db: str, world: World
) -> None:
    world.fund(world.alice_wallet, 500_00)
    world.fund(world.acme_wallet, 70_00)
    world.send(amount_minor=120_50)
    world.send(amount_minor=30_00, destination=world.acme_wallet.handle)
    waiting = _outbox_size()

    async def scene() -> tuple[dict[str, Any], list[dict[str, Any]]]:
        async with namespace() as stream, relaying():
            async with asyncio.timeout(20):
                while (await stream.stream_info(EVENTS.name)).state.messages < waiting:
                    await asyncio.sleep(0.05)
            return await asyncio.to_thread(_followed), await messages(stream)

    known, told = asyncio.run(scene())

    books = _books()
    assert known == {"wallets": books, "gaps": []}
    assert any(shown["balance_minor"] for shown in books.values())
    for message in told:
        _require_fits(message)


def test_a_payment_across_organizations_shows_each_its_own_side(
    committed_db: str, world: World
) -> None:
    world.fund(world.alice_wallet, 500_00)
    world.send(amount_minor=120_50, destination=world.charlie_wallet.handle)
    with all_seeing():
        owner_of = dict(LedgerAccount.objects.values_list("id", "organization_id"))
    waiting = _outbox_size()

    async def scene() -> list[dict[str, Any]]:
        async with namespace() as stream, relaying():
            async with asyncio.timeout(20):
                while (await stream.stream_info(EVENTS.name)).state.messages < waiting:
                    await asyncio.sleep(0.05)
            return await messages(stream)

    told = asyncio.run(scene())

    posted = [one for one in told if one["name"] == "ledger.transaction.posted"]
    across = [one for one in posted if one["payload"]["kind"] == "TRANSFER"]
    assert {one["organization_id"] for one in across} == {str(world.acme.id), str(world.globex.id)}
    for one in posted:
        owners = {str(owner_of[_id(entry)]) for entry in one["payload"]["entries"]}
        assert owners == {one["organization_id"]}


def _id(entry: dict[str, Any]) -> uuid.UUID:
    return uuid.UUID(entry["account_id"])


def _require_fits(message: dict[str, Any]) -> None:
    jsonschema.validate(message, json.loads((SCHEMAS / "message.json").read_text()))
    payload = SCHEMAS / f"{message['name']}.v{message['version']}.json"
    jsonschema.validate(message["payload"], json.loads(payload.read_text()))
