"""The requests that the clients send, as bytes."""

from __future__ import annotations

import itertools
import json
import random
import uuid
from collections.abc import Iterator

from bench.loads import LARGEST_MINOR
from bench.tenants import Tenant, World

SINGLE, BATCH = "/api/v1/transfers", "/api/v1/transfers/batch"
EMPTY, ALONE, UNGUARDED = (f"/api/v1/bench/{name}" for name in ("empty", "alone", "unguarded"))


def singles(world: World, path: str) -> Iterator[bytes]:
    """One transfer a request; the same body goes to the views of the bench."""
    for key in _keys():
        tenant = random.choice(world.tenants)  # noqa: S311 - a load, no secret
        yield _request(path, tenant, key, _order(tenant))


def batches(world: World, size: int) -> Iterator[bytes]:
    """One batch a request, from one organization's key."""
    for key in _keys():
        tenant = random.choice(world.tenants)  # noqa: S311
        yield _request(BATCH, tenant, key, {"items": [_order(tenant) for _ in range(size)]})


def one(body: bytes) -> int:
    """A single answer stands for one transfer."""
    return 1


def completed(body: bytes) -> int:
    """How many items of a batch were carried out."""
    return int(json.loads(body)["completed"])


def _keys() -> Iterator[str]:
    run = uuid.uuid4().hex
    return (f"{run}-{number}" for number in itertools.count())


def _order(tenant: Tenant) -> dict[str, object]:
    source, destination = random.sample(tenant.handles, 2)
    return {
        "source_wallet": source,
        "destination_wallet": destination,
        "amount_minor": random.randint(1, LARGEST_MINOR),  # noqa: S311
        "currency": "INR",
        "description": "Invoice 2041",
    }


def _request(path: str, tenant: Tenant, key: str, payload: dict[str, object]) -> bytes:
    body = json.dumps(payload).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {tenant.secret}\r\n"
        f"Content-Type: application/json\r\nIdempotency-Key: {key}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
