"""Every curl of docs/api.md works as it is written there."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from string import Template

import pytest

from tests.api.conftest import Caller, Got, order
from tests.world import World

pytestmark = pytest.mark.django_db

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "api.md"


def commands() -> list[str]:
    """The commands of the page, in order, each on one line."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    text = "\n".join(blocks).replace("\\\n", " ")
    return [f"curl {part.strip()}" for part in re.split(r"(?m)^curl ", text) if part.strip()]


def carried_out(command: str, values: dict[str, str]) -> Got:
    """What curl would send, sent."""
    words = shlex.split(Template(command).substitute(values))
    assert words.pop(0) == "curl"
    method, headers, body, path = "GET", {}, None, ""
    while words:
        word = words.pop(0)
        if word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word == "-X":
            method = words.pop(0)
        elif word == "--json":
            body = json.loads(words.pop(0))
        elif word != "-s":
            path = word
    method = "POST" if body is not None and method == "GET" else method
    return Caller()(method, path, body, headers=headers)


def test_every_command(world: World, alice: Caller, olga: Caller) -> None:
    # Acme's own wallet pays Alice, who then gives a part back: both are Alice's to do.
    wallets = {"source_wallet": world.acme_wallet.handle}
    paid = alice.move(
        "/transfers", order(world, destination_wallet=world.alice_wallet.handle, **wallets)
    )
    values = {
        "API": "",
        "TOKEN": str(alice.credential),
        "STAFF": str(olga.credential),
        "WALLET": world.alice_wallet.handle,
        "PAYEE": world.acme_wallet.handle,
        "TRANSFER": paid.data["id"],
    }
    found = commands()
    assert len(found) >= 17
    for command in found:
        answer = carried_out(command, values)
        assert answer.status in (200, 201, 202), (command, answer.body)
        if "/dry-run" in command:
            assert answer.data["status"] == 201, (command, answer.body)
        if answer.status == 201 and answer.data["id"].startswith("hld_"):
            values["HOLD"] = answer.data["id"]
    assert world.balance(world.alice_wallet) == 1_00_000_00 + 100_00 - 25_50 - 1_500_00
