"""A body of unknown length, over a real connection: WSGI would let us read it as an empty one."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from pytest_django.live_server_helper import LiveServer

from kernel.errors import registered_errors
from tests.api.conftest import PROBLEM, order
from tests.world import World


def post(server: LiveServer, world: World, body: bytes | Iterator[bytes]) -> tuple[int, str]:
    """Status and problem code; http.client sends an iterator in chunks."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    headers = {
        "Authorization": f"Bearer {world.acme_key}",
        "Content-Type": "application/json",
        "Idempotency-Key": "chunked",
        "Connection": "close",
    }
    connection.request("POST", "/api/v1/transfers", body=body, headers=headers)
    answer = connection.getresponse()
    found = json.loads(answer.read())
    connection.close()
    if answer.status >= 400:
        assert answer.headers["Content-Type"] == PROBLEM
        assert found["code"] in registered_errors()
    return answer.status, found.get("code", "")


@pytest.mark.parametrize("chunks", [1, 0])
def test_chunks_are_refused_and_move_nothing(server: LiveServer, world: World, chunks: int) -> None:
    wanted = order(world, source_wallet=world.acme_wallet.handle)
    body = json.dumps(wanted).encode()
    assert post(server, world, iter([body] * chunks)) == (411, "length_required")
    assert world.balance(world.acme_wallet) == 5_00_000_00
    assert post(server, world, body) == (201, "")
    assert world.balance(world.acme_wallet) == 5_00_000_00 - wanted["amount_minor"]
