"""An event has its effect once, whoever dies when; one that cannot be taken blocks no other."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt

import nats
from django.conf import settings

from audit.models import AuditRecord
from audit.services import record
from events.choices import DeliveryState
from events.consuming import Consumer, Event, running, taking
from events.consuming.running import Worker
from events.models import FailedDelivery, InboxEntry
from events.streams import DEAD_LETTERS
from kernel.actor import Door, system
from tests.backbone.scenes import namespace, relaying, session, taking_in, write
from tests.database import all_seeing

ACTION = "events.test.taken"


def note(event: Event, now: dt.datetime) -> None:
    """The effect: a record that names what the event is about."""
    record(
        actor=system(door=Door.TASK, request_id="test"),
        action=ACTION,
        subject_type="test",
        subject_id=event.id,
        organization_id=None,
        metadata={"about": event.payload["about"]},
        now=now,
    )


def consumer(*, poison: str = "") -> Consumer:
    def handle(event: Event, now: dt.datetime) -> None:
        note(event, now)
        if event.payload["about"] == poison:
            raise ValueError("cannot be taken")

    return Consumer(name="test", names=frozenset({"accounts.session.opened"}), handle=handle)


def effects() -> list[str]:
    with all_seeing():
        kept = AuditRecord.objects.filter(action=ACTION).order_by("id")
        return [record.metadata["about"] for record in kept]


async def until(wanted: list[str], *, seconds: float = 15) -> None:
    seen: list[str] = []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while (seen := await asyncio.to_thread(effects)) != wanted:
                await asyncio.sleep(0.05)
    assert seen == wanted


def test_what_is_written_has_its_effect_once_and_in_order(committed_db: str) -> None:
    async def scene() -> None:
        with session() as alice:
            async with namespace(), relaying(), taking_in(consumer()):
                for number in range(5):
                    write(alice, f"{number}")
                await until(["0", "1", "2", "3", "4"])
            # Everything comes again from another place in the stream, and nothing happens.
            async with namespace(), taking_in(consumer()):
                alice.execute(
                    "UPDATE events_relaycursor SET since = '3:3:', position = 0, until = NULL"
                )
                async with relaying():
                    write(alice, "5")
                    await until(["0", "1", "2", "3", "4", "5"])

    asyncio.run(scene())
    with all_seeing():
        assert InboxEntry.objects.count() == 6


def test_two_processes_take_each_event_once(committed_db: str) -> None:
    wanted = sorted(f"{number}" for number in range(400))

    async def scene() -> None:
        with session() as alice:
            for about in wanted:
                write(alice, about)
            async with namespace(), relaying(), taking_in(consumer()), taking_in(consumer()):
                async with asyncio.timeout(30):
                    while len(await asyncio.to_thread(effects)) < len(wanted):
                        await asyncio.sleep(0.1)

    asyncio.run(scene())
    assert sorted(effects()) == wanted


def test_poison_blocks_no_neighbor_and_ends_as_a_dead_letter(
    committed_db: str,
) -> None:
    async def scene() -> None:
        with session() as alice:
            async with namespace() as stream, relaying(), taking_in(consumer(poison="bad")):
                for about in ("a", "bad", "b"):
                    write(alice, about)
                await until(["a", "b"])
                async with asyncio.timeout(20):
                    while not (await stream.stream_info(DEAD_LETTERS.name)).state.messages:
                        await asyncio.sleep(0.1)
                dead = await stream.get_msg(DEAD_LETTERS.name, 1)
                assert (dead.headers or {})["Vaultcraft-Reason"] == "ValueError"

    before = taking.MAX_DELIVERIES, taking._DELAYS
    taking.MAX_DELIVERIES, taking._DELAYS = 3, (0.1,)  # type: ignore[assignment]
    try:
        asyncio.run(scene())
    finally:
        taking.MAX_DELIVERIES, taking._DELAYS = before
    with all_seeing():
        kept = FailedDelivery.objects.get()
    assert (kept.consumer, kept.state, kept.deliveries) == ("test", DeliveryState.DEAD, 3)
    assert kept.error == "ValueError: cannot be taken"
    assert Event.of(kept.body.encode()).payload == {"about": "bad"}
    assert effects() == ["a", "b"]


def test_killed_after_the_effect_and_before_the_acknowledgment(committed_db: str) -> None:
    """The message comes again, and the inbox knows it."""

    class Died(BaseException):
        pass

    class Dying(Worker):
        async def _taken(self, events: list[Event]) -> None:  # type: ignore[override]
            await super()._taken(events)
            raise Died

    async def scene() -> None:
        with session() as alice:
            async with namespace(), relaying():
                write(alice, "once")
                client = await nats.connect(settings.NATS_URL)
                with contextlib.suppress(Died):
                    await asyncio.wait_for(Dying(consumer=consumer(), client=client).run(), 20)
                await client.close()
                assert await asyncio.to_thread(effects) == ["once"]
                async with taking_in(consumer()):
                    write(alice, "after")
                    await until(["once", "after"])
                    async with asyncio.timeout(20):
                        while not await _all_acknowledged():
                            await asyncio.sleep(0.2)

    before, running.ACK_WAIT_SECONDS = running.ACK_WAIT_SECONDS, 1.0
    try:
        asyncio.run(scene())
    finally:
        running.ACK_WAIT_SECONDS = before
    assert effects() == ["once", "after"]


async def _all_acknowledged() -> bool:
    client = await nats.connect(settings.NATS_URL)
    try:
        info = await client.jetstream().consumer_info(
            f"{settings.EVENT_NAMESPACE.upper()}_EVENTS", "test"
        )
        return info.num_ack_pending == 0 and info.num_pending == 0
    finally:
        await client.close()
