"""A projection made anew from the stream equals the live one, while money goes on moving."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import Callable

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, connections

from audit.models import AuditRecord
from events.forgetting import forget_taken, inbox_begins
from events.models import InboxEntry, OutboxEvent
from events.rebuilding import (
    HistoryIncomplete,
    NoProjection,
    Rebuilt,
    RowsUnexplained,
    rebuild,
)
from kernel import clock
from ledger.models import LedgerAccount
from reporting.consumers import BALANCES
from reporting.models import AccountStanding
from reporting.tests.telling import kept, posted
from tests.backbone.scenes import namespace, relaying, taking_in
from tests.connecting import close_connections
from tests.database import all_seeing
from tests.world import World


def books() -> dict[uuid.UUID, tuple[int, int]]:
    with all_seeing():
        moved = LedgerAccount.objects.filter(version__gt=0)
        return {one.id: (one.version, one.posted_minor) for one in moved}


def known() -> dict[uuid.UUID, tuple[int, int]]:
    with all_seeing():
        found = AccountStanding.objects.all()
        return {one.account_id: (one.version, one.balance_minor) for one in found}


async def caught_up(*, seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while await asyncio.to_thread(known) != await asyncio.to_thread(books):
            await asyncio.sleep(0.05)


def rebuilt(*, check: bool = True, drop: bool = False) -> Rebuilt:
    return rebuild(name="balances", check=check, drop_unexplained=drop, now=clock.now())


async def apart(call: Callable[[], object]) -> object:
    """In a thread that leaves no connection behind."""

    def run() -> object:
        try:
            return call()
        finally:
            connections.close_all()

    return await asyncio.to_thread(run)


def as_owner(statement: str, *values: uuid.UUID) -> int:
    """As the role that owns the tables, with the platform's view."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT set_config('vaultcraft.scope', 'platform', false)")
        cursor.execute(statement, values)
        touched = cursor.rowcount
    connections["owner"].close()
    return touched


def move(world: World, times: int) -> None:
    for _ in range(times):
        world.send(amount_minor=1_00)
        world.send(amount_minor=2_00, destination=world.charlie_wallet.handle)


def test_it_equals_the_live_one_under_load(committed_db: str, world: World) -> None:
    async def scene() -> list[Rebuilt]:
        async with namespace(), relaying(), taking_in(BALANCES):
            load = asyncio.create_task(apart(lambda: move(world, 40)))
            found = []
            while not load.done():
                found.append(await apart(rebuilt))
            await load
            await caught_up()
            found.append(await apart(rebuilt))
            return found  # type: ignore[return-value]

    found = asyncio.run(scene())
    assert len(found) >= 2
    assert [one.equal for one in found] == [True] * len(found)
    assert not any(one.replaced for one in found)
    assert [difference.table for difference in found[-1].differences] == list(BALANCES.tables)
    assert found[-1].differences[0].live.rows == len(known())
    with all_seeing():
        posted_events = OutboxEvent.objects.filter(name="ledger.transaction.posted").count()
    assert found[-1].events == posted_events


def test_planted_drift_is_found_told_and_mended(
    committed_db: str, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    move(world, 3)
    account = world.alice_wallet.account_id
    stranger = uuid.uuid4()

    def act() -> None:
        as_owner(
            "UPDATE reporting_accountstanding SET balance_minor = balance_minor + 1"
            " WHERE account_id = %s",
            account,
        )
        as_owner("DELETE FROM reporting_accountclosing WHERE account_id = %s", account)
        with pytest.raises(SystemExit) as ended:
            call_command("rebuild_projection", "balances", "--check")
        assert ended.value.code == 1
        assert known() != books()
        call_command("rebuild_projection", "balances")
        assert known() == books()
        call_command("rebuild_projection", "balances", "--check")

        # What no event explains is deleted by nobody who did not ask for it.
        kept(events=[posted(stranger, 1, 100)])
        with pytest.raises(RowsUnexplained) as refused:
            rebuilt(check=False)
        assert refused.value.facts == {
            "reporting_accountstanding": 1,
            "reporting_accountclosing": 1,
        }
        assert rebuilt(check=False, drop=True).replaced
        assert known() == books()

    async def scene() -> None:
        async with namespace(), relaying(), taking_in(BALANCES):
            await caught_up()
            await apart(act)

    asyncio.run(scene())
    told = capsys.readouterr().out
    assert str(account) in told
    assert "THEY DIFFER." in told
    assert "Replaced." in told
    with all_seeing():
        kept_records = AuditRecord.objects.filter(action="events.projection.rebuild")
        assert [one.metadata["replaced"] for one in kept_records.order_by("id")] == [
            False,
            True,
            False,
        ]


def test_what_the_live_one_has_not_taken_is_in_neither(committed_db: str, world: World) -> None:
    move(world, 2)

    async def scene() -> None:
        async with namespace(), relaying():
            async with taking_in(BALANCES):
                await caught_up()
            await apart(lambda: move(world, 2))
            before = await asyncio.to_thread(known)
            async with asyncio.timeout(20):
                while not (found := await apart(rebuilt)).events:  # type: ignore[attr-defined]
                    await asyncio.sleep(0.1)
            assert found.equal  # type: ignore[attr-defined]
            assert await asyncio.to_thread(known) == before
            async with taking_in(BALANCES):
                await caught_up()
            assert (await apart(rebuilt)).equal  # type: ignore[attr-defined]

    asyncio.run(scene())


def test_what_the_inbox_has_forgotten_counts_as_taken(committed_db: str, world: World) -> None:
    """And a place in the stream that was lost does not bring it again."""
    move(world, 2)

    async def scene() -> None:
        async with namespace() as stream, relaying():
            async with taking_in(BALANCES):
                await caught_up()
            # The database does not believe that all of that is old.
            await apart(lambda: as_owner("ALTER TABLE events_inboxbeginning DISABLE TRIGGER USER"))
            later = clock.now() + dt.timedelta(days=60)
            gone = await apart(lambda: forget_taken(now=later))
            assert gone
            assert (await apart(rebuilt)).equal  # type: ignore[attr-defined]
            begins = await apart(lambda: inbox_begins("balances"))
            name = f"{settings.EVENT_NAMESPACE.upper()}_EVENTS"
            await stream.delete_consumer(name, "balances")
            await apart(lambda: move(world, 1))
            async with taking_in(BALANCES):
                await caught_up()
                config = (await stream.consumer_info(name, "balances")).config
                assert config.opt_start_time is not None
                # It goes by milliseconds.
                assert abs((config.opt_start_time - begins).total_seconds()) < 0.01
            # Beginning once more with what it has is no other configuration.
            async with taking_in(BALANCES):
                await caught_up()
            assert (await apart(rebuilt)).equal  # type: ignore[attr-defined]

    asyncio.run(scene())


def test_a_stream_that_lost_what_was_taken_is_no_history(committed_db: str, world: World) -> None:
    """With an empty stream the outbox fills in; what is in neither is missed aloud."""
    move(world, 1)

    async def scene() -> None:
        async with namespace(), relaying(), taking_in(BALANCES):
            await caught_up()
        async with namespace():
            assert (await apart(rebuilt)).equal  # type: ignore[attr-defined]
            await asyncio.to_thread(_lose_an_event)
            with pytest.raises(HistoryIncomplete):
                await apart(rebuilt)

    asyncio.run(scene())


def _lose_an_event() -> None:
    with all_seeing():
        entry = InboxEntry.objects.filter(consumer="balances").first()
    assert entry
    as_owner("ALTER TABLE events_outboxevent DISABLE TRIGGER events_outboxevent_append_only")
    assert as_owner("DELETE FROM events_outboxevent WHERE id = %s", entry.event_id) == 1
    as_owner("ALTER TABLE events_outboxevent ENABLE TRIGGER events_outboxevent_append_only")
    connections.close_all()


def test_nothing_is_left_behind(committed_db: str, world: World) -> None:
    async def scene() -> None:
        async with namespace():
            await apart(rebuilt)

    asyncio.run(scene())
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relpersistence = 't'")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT current_user::text")
        assert cursor.fetchone() == ("vaultcraft_app",)
    close_connections()


def test_only_what_keeps_tables_is_a_projection() -> None:
    with pytest.raises(NoProjection):
        rebuild(name="nobody", check=True, drop_unexplained=False, now=clock.now())
    with pytest.raises(CommandError):
        call_command("rebuild_projection", "nobody")


def test_not_even_the_owner_deletes_an_event_that_is_young(committed_db: str, world: World) -> None:
    with pytest.raises(Exception, match="events_outboxevent refuses DELETE"):
        as_owner("DELETE FROM events_outboxevent")
    connections["owner"].close()
