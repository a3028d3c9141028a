"""A relay that sleeps is woken after a commit; without Redis it looks by itself."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from pytest_django import Settings

from events.relay import carrying, hints
from events.services import Fact, emit_many
from events.streams import EVENTS
from kernel.actor import Door, system
from kernel.transactions import opens_transaction
from tests.backbone.scenes import namespace, relaying
from tests.world import NOW

ROOT = system(door=Door.TASK, request_id="test")
DEAD = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints, "_client", None)
    monkeypatch.setattr(hints, "_quiet_until", 0.0)


@opens_transaction
def emitted(*, actor: object) -> None:
    payload = {"user_id": "01a22b5e-fa53-70fd-aca4-be15fe6a67f0"}
    emit_many([Fact("accounts.password.changed", None, None, payload, ROOT, NOW)])


async def _stored(*, seconds: float) -> bool:
    async with namespace() as stream, relaying() as relay:
        listening = asyncio.create_task(hints.listen(relay.woken))
        await asyncio.sleep(1.5)  # the relay has looked, found nothing, and sleeps
        await asyncio.to_thread(emitted, actor=ROOT)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not (await stream.stream_info(EVENTS.name)).state.messages:
                    await asyncio.sleep(0.05)
        listening.cancel()
        return bool((await stream.stream_info(EVENTS.name)).state.messages)


def test_a_commit_wakes_the_relay(committed_db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "IDLE_LOOK_SECONDS", 600.0)
    assert asyncio.run(_stored(seconds=20))


def test_without_redis_nothing_is_refused_and_the_relay_looks_by_itself(
    committed_db: str, settings: Settings
) -> None:
    settings.REDIS_URL = DEAD
    failed = hints.hints_failed._value.get()
    assert asyncio.run(_stored(seconds=20))
    assert hints.hints_failed._value.get() == failed + 1


def test_what_is_undone_wakes_nobody(committed_db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    woken = []
    monkeypatch.setattr("events.services.hint", lambda: woken.append(1))

    @opens_transaction
    def undone(*, actor: object) -> None:
        payload = {"user_id": "01a22b5e-fa53-70fd-aca4-be15fe6a67f0"}
        emit_many([Fact("accounts.password.changed", None, None, payload, ROOT, NOW)])
        raise LookupError

    with pytest.raises(LookupError):
        undone(actor=ROOT)
    assert woken == []
    emitted(actor=ROOT)
    assert woken == [1]
