"""From an act of the organization's to its server: outbox, relay, consumer, worker, request.

Real PostgreSQL, NATS and HTTP; the `standardwebhooks` package verifies what arrives.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator

import jsonschema  # type: ignore[import-untyped]
import psycopg
from django.db import connections
from standardwebhooks import Webhook

from events.consuming import Event
from kernel import clock
from notifications.consumers import WEBHOOKS
from notifications.models import WebhookAttempt, WebhookDelivery
from notifications.services import webhooks
from notifications.services.webhooks import claiming
from notifications.tests.scenes import arrives
from notifications.webhooks import times
from notifications.webhooks.sending import Sender
from notifications.working import WebhookWorker
from tests.backbone.scenes import messages, namespace, relaying, session, taking_in
from tests.database import all_seeing
from tests.webhooks.target import Handler, Server, answers, serving
from tests.world import NOW, World
from vaultcraft.checks import ROOT

SCHEMA = json.loads((ROOT / "docs" / "events" / "message.json").read_text())


@contextlib.asynccontextmanager
async def delivering(*, seconds: float = 5) -> AsyncIterator[None]:
    worker = WebhookWorker(sender=Sender(local=True, total_seconds=seconds))
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        worker.stop()
        await asyncio.wait_for(task, 30)


async def until(holds: Callable[[], bool], *, seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(holds):
            await asyncio.sleep(0.05)


def states() -> list[str]:
    with all_seeing():
        return list(WebhookDelivery.objects.order_by("id").values_list("state", flat=True))


def added(world: World, target: Server, **given: object) -> webhooks.NewEndpoint:
    return webhooks.add_endpoint(
        actor=world.actor(world.alice),
        url=target.url,
        description="",
        event_names=given.get("event_names", ["ledger.transaction.posted"]),  # type: ignore[arg-type]
        now=given.get("now", clock.now()),  # type: ignore[arg-type]
    )


def posted(world: World) -> Event:
    """An event of Acme's is taken in now."""
    return arrives(world.acme, name="ledger.transaction.posted", now=clock.now())


def test_a_payment_reaches_the_organizations_server_signed_as_the_standard_says(
    committed_db: str, world: World
) -> None:
    async def scene(target: Server, endpoint: webhooks.NewEndpoint) -> list[dict]:
        async with namespace() as stream, relaying(), taking_in(WEBHOOKS), delivering():
            await asyncio.to_thread(lambda: world.send(amount_minor=120_50))
            await until(lambda: len(target.received) >= 1)
            await until(lambda: "delivered" in states())
            return await messages(stream)

    with serving(answers(200, b'{"ok":true}')) as target:
        endpoint = added(world, target, now=NOW)
        told = asyncio.run(scene(target, endpoint))

    got = target.received[-1]
    verified = Webhook(endpoint.secret).verify(got.body.decode(), got.headers)
    jsonschema.validate(verified, SCHEMA)
    assert verified["organization_id"] == str(world.acme.id)
    assert got.headers["webhook-id"] == verified["id"]
    (same,) = [message for message in told if message["id"] == verified["id"]]
    assert same == verified
    ids = [one.headers["webhook-id"] for one in target.received]
    assert len(ids) == len(set(ids))
    with all_seeing():
        kept = WebhookAttempt.objects.get(delivery__event_id=verified["id"])
    assert (kept.status, kept.answer_body, kept.address) == (200, '{"ok":true}', "127.0.0.1")
    assert kept.request_headers["webhook-id"] == verified["id"]


def test_a_test_event_arrives_whatever_the_filter_says(committed_db: str, world: World) -> None:
    async def scene(target: Server, endpoint: webhooks.NewEndpoint) -> None:
        async with namespace(), relaying(), taking_in(WEBHOOKS), delivering():
            await asyncio.to_thread(
                lambda: webhooks.try_endpoint(
                    actor=world.actor(world.alice),
                    endpoint_id=endpoint.endpoint.id,
                    now=clock.now(),
                )
            )
            await until(lambda: bool(target.received))

    with serving() as target:
        endpoint = added(world, target)
        asyncio.run(scene(target, endpoint))
    body = json.loads(target.received[0].body)
    assert body["name"] == "notifications.webhook_endpoint.tested"
    assert body["subject_id"] == str(endpoint.endpoint.id)


def test_a_target_that_hangs_holds_up_nobody_else(committed_db: str, world: World) -> None:
    async def scene(well: Server) -> None:
        async with delivering(seconds=3):
            await until(lambda: len(well.received) == 6, seconds=3)

    with serving(lambda handler: time.sleep(3.5)) as hanging, serving() as well:
        added(world, hanging, event_names=[])
        added(world, well, event_names=[])
        for _ in range(6):
            posted(world)
        asyncio.run(scene(well))
    assert len(hanging.received) <= claiming.AT_ONCE


def test_an_endpoint_that_asks_for_quiet_gets_it_and_then_the_event(
    committed_db: str, world: World
) -> None:
    def quiet_once(handler: Handler) -> None:
        busy = len(handler.server.received) == 1
        handler.say(429 if busy else 200, retry_after="1")

    async def scene(target: Server) -> None:
        async with delivering():
            await until(lambda: states() == ["delivered"], seconds=30)

    with serving(quiet_once) as target:
        added(world, target)
        posted(world)
        with _short_pauses():
            asyncio.run(scene(target))
    first, second = target.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert int(second.headers["webhook-timestamp"]) >= int(first.headers["webhook-timestamp"]) + 1


def test_an_answer_of_410_ends_it(committed_db: str, world: World) -> None:
    async def scene() -> None:
        async with delivering():
            await until(lambda: states() == ["failed"])

    with serving(answers(410)) as target:
        endpoint, _ = added(world, target)
        posted(world)
        asyncio.run(scene())
        posted(world)
    with all_seeing():
        endpoint.refresh_from_db()
    assert (endpoint.status, endpoint.status_reason) == ("disabled", "gone")
    assert states() == ["failed"]


def test_a_worker_killed_between_the_answer_and_the_note_delivers_twice_at_most(
    committed_db: str, world: World
) -> None:
    """The process is killed with -9 when the answer is out; another delivers under the same id."""

    def kill(handler: Handler) -> None:
        handler.say(200)
        handler.wfile.flush()
        os.kill(process.pid, signal.SIGKILL)

    async def scene() -> None:
        async with delivering():
            await until(lambda: states() == ["delivered"], seconds=30)

    with serving(kill) as target:
        endpoint = added(world, target)
        event = posted(world)
        with _locked_log():
            process = _process()
            try:
                assert process.wait(60) == -signal.SIGKILL
            finally:
                process.kill()
        assert len(target.received) == 1
        with all_seeing():
            assert WebhookAttempt.objects.count() == 0
        target.answer = answers(200)
        _lease_ends()
        asyncio.run(scene())
    both = target.received
    assert [one.headers["webhook-id"] for one in both] == [str(event.id)] * 2
    for one in both:
        Webhook(endpoint.secret).verify(one.body.decode(), one.headers)
    with all_seeing():
        assert WebhookAttempt.objects.get().number == 2


def test_two_workers_send_each_delivery_once(committed_db: str, world: World) -> None:
    async def scene(target: Server) -> None:
        async with delivering(), delivering():
            await until(lambda: states() == ["delivered"] * 30)

    with serving() as target:
        added(world, target)
        sent = {str(posted(world).id) for _ in range(30)}
        asyncio.run(scene(target))
    got = [one.headers["webhook-id"] for one in target.received]
    assert len(got) == 30
    assert set(got) == sent


@contextlib.contextmanager
def _short_pauses() -> Iterator[None]:
    before, times.PAUSES = times.PAUSES, tuple(one / 50 for one in times.PAUSES)
    try:
        yield
    finally:
        times.PAUSES = before


@contextlib.contextmanager
def _locked_log() -> Iterator[None]:
    """Nobody can write an attempt down: so the answer is always there before the note."""
    parameters = connections["owner"].get_connection_params()
    chosen = {k: v for k, v in parameters.items() if k in ("host", "port", "user", "password")}
    name = connections["default"].settings_dict["NAME"]
    with psycopg.connect(**chosen, dbname=name) as session:
        session.execute("LOCK TABLE notifications_webhookattempt IN EXCLUSIVE MODE")
        yield
        session.rollback()


def _process() -> subprocess.Popen:
    """`manage.py run_webhooks` as `make up` starts it, on this test's database."""
    place = connections["default"].settings_dict
    base, _, query = os.environ["DATABASE_URL"].partition("?")
    base = f"{base.rpartition('/')[0]}/{place['NAME']}"
    return subprocess.Popen(
        [sys.executable, "manage.py", "run_webhooks"],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "vaultcraft.settings.test",
            "DATABASE_URL": f"{base}?{query}" if query else base,
        },
    )


def _lease_ends() -> None:
    """As if a minute had passed."""
    with session() as alice:
        alice.execute(
            "UPDATE notifications_webhookdelivery SET leased_until = now() - interval '1 s'"
        )
