"""What open pages are told: real PostgreSQL, NATS, gunicorn and stream server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings

from accounts.models import User
from kernel.ids import encode
from tests.live.stack import opened, stack
from tests.operations.web_server import WebServer
from tests.web.conftest import Visit, visit
from tests.world import World

__all__ = ["visit"]


@pytest.fixture
def web(committed_db: str, world: World) -> Iterator[WebServer]:
    with stack() as found:
        yield found


def cookie_of(visit: Visit, user: User) -> str:
    return str(visit(user).cookies[settings.SESSION_COOKIE_NAME].value)


def test_who_may_see_a_wallet_is_told_what_it_shows_now(
    web: WebServer, world: World, visit: Visit
) -> None:
    page = opened(web.port, cookie_of(visit, world.charlie))
    hello = page.next()
    assert page.answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert hello is not None
    assert hello["event"] == "hello"
    world.send(amount_minor=12_50)
    told = page.next()
    assert told is not None
    assert told["event"] == "change"
    assert told["data"]["wallets"] == [
        {
            "wallet": encode("wal", world.charlie_wallet.id),
            "balance_minor": 50_012_50,
            "currency": "INR",
            "version": 2,
        }
    ]
    page.close()
