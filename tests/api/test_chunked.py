"""A body of unknown length, over a real connection: WSGI would let us read it as an empty one."""

from __future__ import annotations

import http.client
import json
import socket
from urllib.parse import urlsplit

import pytest
from pytest_django.live_server_helper import LiveServer

from kernel.errors import registered_errors
from tests.api.conftest import PROBLEM, order
from tests.world import World


def post(server: LiveServer, world: World, body: bytes, *, framing: str) -> tuple[int, str]:
    """Status and problem code of a transfer whose body is framed as the header `framing` says.

    The request leaves in one piece: a server that answers after the header and closes would
    otherwise break the pipe of whoever is still sending.
    """
    host = urlsplit(server.url).netloc
    head = (
        f"POST /api/v1/transfers HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
        f"Authorization: Bearer {world.acme_key}\r\nContent-Type: application/json\r\n"
        f"Idempotency-Key: chunked\r\n{framing}\r\n\r\n"
    )
    with socket.create_connection(
        (urlsplit(server.url).hostname, urlsplit(server.url).port), 20
    ) as connection:
        connection.sendall(head.encode() + body)
        answer = http.client.HTTPResponse(connection, method="POST")
        answer.begin()
        found = json.loads(answer.read())
    if answer.status >= 400:
        assert answer.headers["Content-Type"] == PROBLEM
        assert found["code"] in registered_errors()
    return answer.status, found.get("code", "")


def chunked(chunks: list[bytes]) -> bytes:
    """RFC 9112, 7.1: each chunk behind its size in hex, an empty one ends."""
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in [*chunks, b""])


@pytest.mark.parametrize("chunks", [1, 0])
def test_chunks_are_refused_and_move_nothing(server: LiveServer, world: World, chunks: int) -> None:
    wanted = order(world, source_wallet=world.acme_wallet.handle)
    body = json.dumps(wanted).encode()
    refused = post(server, world, chunked([body] * chunks), framing="Transfer-Encoding: chunked")
    assert refused == (411, "length_required")
    assert world.balance(world.acme_wallet) == 5_00_000_00
    accepted = post(server, world, body, framing=f"Content-Length: {len(body)}")
    assert accepted == (201, "")
    assert world.balance(world.acme_wallet) == 5_00_000_00 - wanted["amount_minor"]
