"""The request log as a stream: each request is there, nothing secret is, and nobody waits."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import nats
import pytest
import structlog
from django.conf import settings
from django.test import Client
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError
from prometheus_client import REGISTRY

from events.streams import REQUESTS
from tests.backbone.brokers import own_broker
from tests.backbone.scenes import namespace
from tests.operations.web_server import serving
from vaultcraft import request_stream
from vaultcraft.request_stream import RequestStream

OPAQUE = "Zm9yIHlvdXIgZXllcyBvbmx5LCBub3QgZm9yIGxvZ3M"


@pytest.fixture
def handler() -> Iterator[RequestStream]:
    one = RequestStream()
    logging.getLogger("request").addHandler(one)
    yield one
    logging.getLogger("request").removeHandler(one)
    one.stop()


async def requests(context: JetStreamContext, count: int) -> list[tuple[str, dict[str, Any]]]:
    """Subjects and messages of the stream, once there are so many."""
    async with asyncio.timeout(20):
        while True:
            try:
                state = (await context.stream_info(REQUESTS.name)).state
                if state.messages >= count:
                    break
            except NotFoundError:
                pass
            await asyncio.sleep(0.05)
    found = []
    for sequence in range(state.first_seq, state.last_seq + 1):
        message = await context.get_msg(REQUESTS.name, sequence)
        found.append((message.subject or "", json.loads(message.data or b"{}")))
    return found


def seen(act: Callable[[], Any], count: int) -> list[tuple[str, dict[str, Any]]]:
    """What the stream of requests holds after an act."""

    # In this thread, whose view of the database the test has; nothing runs meanwhile.
    scene = asyncio.Runner()
    entered = namespace()
    context = scene.run(entered.__aenter__())
    try:
        act()
        return scene.run(requests(context, count))
    finally:
        scene.run(entered.__aexit__(None, None, None))
        scene.close()


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.mark.django_db
def test_a_request_lands_in_the_stream_with_its_id_and_no_secret(handler: RequestStream) -> None:
    def act() -> None:
        headers = {"X-Request-ID": "r-17", "Authorization": f"Bearer {OPAQUE}"}
        Client().get(f"/join/{OPAQUE}?token={OPAQUE}", headers=headers)
        Client().get("/healthz", headers={"X-Request-ID": OPAQUE})

    first, second = seen(act, 2)

    subject, message = first
    assert subject.endswith(".requests.4xx")
    assert message.pop("duration_ms") > 0
    assert message.pop("at").endswith("Z")
    assert message == {
        "level": "warning",
        "method": "GET",
        "route": "join/<str:token>",
        "status": 410,
        "actor": "anonymous:",
        "ip": "127.0.0.1",
        "request_id": "r-17",
    }
    assert second[0].endswith(".requests.2xx")
    assert second[1]["request_id"] == "***"
    assert OPAQUE not in json.dumps([first, second])


def test_what_else_a_line_holds_stays_in_the_log(handler: RequestStream) -> None:
    def act() -> None:
        try:
            raise ValueError("password=hunter2")
        except ValueError:
            structlog.get_logger("request").exception(
                "request", status=500, route="x", reason="ValueError: pin=4831", body="hunter2"
            )
        logging.getLogger("request").warning("no request of ours")

    [(subject, message)] = seen(act, 1)

    assert subject.endswith(".requests.5xx")
    assert "hunter2" not in json.dumps(message)
    assert "4831" not in json.dumps(message)
    assert set(message) <= set(request_stream.FIELDS)


def test_with_the_broker_down_requests_go_on_and_what_waits_is_told_later(
    handler: RequestStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_stream, "RECONNECT_SECONDS", 0.2)
    with own_broker() as broker:
        started = time.monotonic()
        for _ in range(20):
            assert Client().get("/healthz").status_code == 200
        assert time.monotonic() - started < 5
        broker.start()

        async def scene() -> list[tuple[str, dict[str, Any]]]:
            async with asyncio.timeout(20):
                while True:
                    try:
                        client = await nats.connect(settings.NATS_URL, allow_reconnect=False)
                        break
                    except (OSError, nats.errors.Error):
                        await asyncio.sleep(0.1)
            try:
                return await requests(client.jetstream(), 20)
            finally:
                await client.close()

        assert len(asyncio.run(scene())) == 20


def test_what_finds_the_queue_full_is_counted(
    handler: RequestStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_stream, "MOST_WAITING", 3)
    monkeypatch.setattr(settings, "NATS_URL", "nats://127.0.0.1:1")
    before = counted("vaultcraft_requests_untold_total", why="full")
    for _ in range(8):
        assert Client().get("/healthz").status_code == 200
    assert counted("vaultcraft_requests_untold_total", why="full") == before + 5


def test_emitting_costs_a_request_next_to_nothing(
    handler: RequestStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "NATS_URL", "nats://127.0.0.1:1")
    record = logging.makeLogRecord({"name": "request", "msg": {"status": 200}})
    handler.emit(record)
    started = time.perf_counter()
    for _ in range(1_000):
        handler.emit(record)
    assert (time.perf_counter() - started) / 1_000 < 0.000_5


def test_a_forked_process_has_a_thread_of_its_own(handler: RequestStream) -> None:
    """As gunicorn's workers when the application was loaded before: parent and child both tell."""

    def act() -> None:
        Client().get("/healthz", headers={"X-Request-ID": "of-the-parent"})
        child = os.fork()
        if child == 0:
            code = 1
            try:
                structlog.get_logger("request").info(
                    "request", status=204, request_id="of-the-child"
                )
                time.sleep(2)
                handler.stop()
                code = 0
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0

    found = [message["request_id"] for _, message in seen(act, 2)]
    assert sorted(found) == ["of-the-child", "of-the-parent"]


def test_gunicorn_s_workers_tell_what_they_answer_and_what_they_cannot_read(
    committed_db: str,
) -> None:
    """The real server: threads, a forked worker, and its end, which comes after the last one."""

    async def scene() -> list[tuple[str, dict[str, Any]]]:
        async with namespace() as context:
            environment = {**os.environ, "VAULTCRAFT_EVENT_NAMESPACE": settings.EVENT_NAMESPACE}

            def run() -> None:
                with serving("vaultcraft.wsgi:application", environment) as server:
                    for number in range(20):
                        server.get("/healthz", {"X-Request-ID": f"g-{number}"})
                    with socket.create_connection(("127.0.0.1", server.port)) as unreadable:
                        unreadable.sendall(b"NOT HTTP\r\n\r\n")
                        unreadable.recv(1_000)

            await asyncio.to_thread(run)
            return await requests(context, 21)

    found = [message for _, message in asyncio.run(scene())]
    assert {f"g-{number}" for number in range(20)} <= {one["request_id"] for one in found}
    [unreadable] = [one for one in found if one["status"] == 400]
    assert unreadable["actor"] == "anonymous:"


def test_the_stream_keeps_a_week_and_no_more_than_it_may(handler: RequestStream) -> None:
    async def scene() -> Any:
        async with namespace() as context:
            await asyncio.to_thread(Client().get, "/healthz")
            await requests(context, 1)
            return (await context.stream_info(REQUESTS.name)).config

    config = asyncio.run(scene())
    assert config.max_age == 7 * 86_400
    assert config.max_bytes == 536_870_912
