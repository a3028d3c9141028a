"""A small client of the API: who asks, what, and the answer as data."""

from __future__ import annotations

import dataclasses
import itertools
import json
from typing import Any

import pytest
from django.test import Client

from accounts.choices import FactorMethod
from accounts.models import User
from accounts.services.sessions import open_session
from accounts.tokens import read_access_token
from kernel import clock
from kernel.errors import registered_errors
from tests.proof import settle
from tests.world import World

PROBLEM = "application/problem+json"
REGISTERED_TYPES = {
    "quota_exceeded": "https://iana.org/assignments/http-problem-types#quota-exceeded"
}
_keys = itertools.count(1)


@dataclasses.dataclass
class Got:
    """An answer."""

    status: int
    body: bytes
    headers: Any

    @property
    def data(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.data["code"])


@dataclasses.dataclass
class Caller:
    """Somebody with a credential, or nobody."""

    credential: str | None = None

    def __call__(
        self,
        method: str,
        path: str,
        data: Any = None,
        *,
        raw: bytes | None = None,
        key: str | None = None,
        content_type: str = "application/json",
        headers: dict[str, str] | None = None,
    ) -> Got:
        sent = dict(headers or {})
        if self.credential is not None:
            sent["Authorization"] = f"Bearer {self.credential}"
        if key is not None:
            sent["Idempotency-Key"] = key
        body = raw if raw is not None else (b"" if data is None else json.dumps(data).encode())
        answer = Client(raise_request_exception=False).generic(
            method,
            f"/api/v1{path}" if path.startswith("/") else f"/api/v1/{path}",
            body,
            content_type=content_type,
            headers=sent,
        )
        return _checked(Got(answer.status_code, answer.content, answer.headers))

    def get(self, path: str) -> Got:
        return self("GET", path)

    def post(self, path: str, data: Any = None, **more: Any) -> Got:
        return self("POST", path, data, **more)

    def move(self, path: str, data: Any, key: str | None = None) -> Got:
        """A request that moves money, under a key of its own unless one is given."""
        return self("POST", path, data, key=key or f"test-key-{next(_keys)}")


def _checked(got: Got) -> Got:
    """Every error that any test here provokes is a registered problem, and says its request."""
    if got.status >= 400:
        assert got.headers["Content-Type"] == PROBLEM, got.body
        assert got.code in registered_errors()
        assert got.data["status"] == got.status
        assert got.data["type"] == REGISTERED_TYPES.get(got.code, f"/api/v1/errors#{got.code}")
        assert got.data["request_id"]
    assert got.headers["X-Request-ID"]
    return got


def token_of(
    world: World, user: User, *, second_factor: FactorMethod | None = FactorMethod.TOTP
) -> str:
    """An access token of a session that has just proven a second factor of long standing."""
    actor = world.actor(user)
    token = open_session(actor=actor, now=clock.now(), second_factor=second_factor).access
    settle(read_access_token(token).session_id)
    return token


@pytest.fixture
def nobody() -> Caller:
    return Caller()


@pytest.fixture
def alice(world: World) -> Caller:
    return Caller(token_of(world, world.alice))


@pytest.fixture
def bob(world: World) -> Caller:
    return Caller(token_of(world, world.bob))


@pytest.fixture
def charlie(world: World) -> Caller:
    return Caller(token_of(world, world.charlie))


@pytest.fixture
def olga(world: World) -> Caller:
    return Caller(token_of(world, world.olga))


@pytest.fixture
def acme_key(world: World) -> Caller:
    return Caller(world.acme_key)


def order(world: World, **changes: Any) -> dict[str, Any]:
    """Alice sends Charlie 100.00 rupees, with changes."""
    return {
        "source_wallet": world.alice_wallet.handle,
        "destination_wallet": world.charlie_wallet.handle,
        "amount_minor": 100_00,
        "currency": "INR",
        **changes,
    }
