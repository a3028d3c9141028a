"""Whoever can write into Redis runs no code here, and signs in nowhere."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from accounts.services.attempts import address_subject
from accounts.services.sign_in import verify_password
from kernel import clock
from kernel.actor import Door, anonymous
from tests.world import PASSWORD, World


class Planted:
    """A pickle that leaves a trace when it is read."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.trace),)


@pytest.mark.django_db
@pytest.mark.parametrize("planted", [None, b"\xff\x00", b"[" * 10_000], ids=["code", "", "deep"])
def test_what_is_planted_in_the_cache_is_not_carried_out(
    world: World, tmp_path: Path, planted: bytes | None
):
    """ASVS 1.5.2. Nor does it keep anybody out who has the right password."""
    seen, trace = tmp_path / "seen", tmp_path / "trace"
    pickle.loads(pickle.dumps(Planted(seen)))
    assert seen.exists(), "the trace would be seen"
    planted = planted or pickle.dumps(Planted(trace))
    server = redis.Redis.from_url(settings.REDIS_URL)
    lock = address_subject(world.alice.email).cache_key
    for key in ("readyz", lock):
        server.set(cache.make_key(key), planted)
    Client().get("/readyz")
    stranger = anonymous(door=Door.API, request_id="test", ip="203.0.113.7")
    known = verify_password(
        actor=stranger, email=world.alice.email, password=PASSWORD, now=clock.now()
    )
    assert known.id == world.alice.id
    assert not trace.exists()


def test_the_cache_holds_numbers_only():
    cache.set("test", 12.5)
    assert cache.get("test") == 12.5
    with pytest.raises((TypeError, ValueError)):
        cache.set("test", "a text")
