"""A place of the relay that somebody else has moved: refused, healed, or seen."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid

import psycopg
import pytest
from django.core.management import call_command

from events.relay.lag import outbox_lag
from events.relay.skipped import skipped
from tests.attacks.field import rule_of
from tests.backbone.scenes import namespace, relaying, session, told, write

LONG_AGO = "2020-01-01T00:00:00+00:00"
AT_ONCE = dt.timedelta(0)
EVERYTHING_SO_FAR = (
    "UPDATE events_relaycursor SET since = pg_current_snapshot(), until = NULL, position = 0,"
    " highest = (SELECT max(sequence) FROM events_outboxevent), epoch = epoch + 1,"
    " moved_at = NULL"
)


def id_of(connection: psycopg.Connection, about: str) -> uuid.UUID:
    found = connection.execute(
        "SELECT id FROM events_outboxevent WHERE payload->>'about' = %s", [about]
    ).fetchone()
    assert found
    return found[0]


def take(connection: psycopg.Connection, *events: uuid.UUID) -> None:
    connection.execute(
        "INSERT INTO events_inboxentry (consumer, event_id, taken_at)"
        " SELECT 'every', id, now() FROM unnest(%s::uuid[]) AS given(id)",
        [list(events)],
    )


def missed(connection: psycopg.Connection) -> int:
    with connection.cursor() as cursor:
        return skipped(cursor, consumer="every", patience=AT_ONCE)


def test_nobody_calls_sent_what_is_not_committed_yet(committed_db: str) -> None:
    """Neither what is to come, nor its own event, nor that of a transaction that runs."""
    with session() as attacker, session() as other, session() as burning:
        for since in ("'1000000000:1000000000:'", "pg_current_snapshot()"):
            with attacker.transaction(force_rollback=True):
                write(attacker, "hidden")
                write(burning, "later")
                with pytest.raises(psycopg.Error) as refused:
                    attacker.execute(f"UPDATE events_relaycursor SET since = {since}")
            assert rule_of(refused.value) == "events_relaycursor_past"
        with other.transaction():
            write(other, "running")
            write(burning, "later")
            (end,) = attacker.execute(
                "SELECT pg_snapshot_xmax(pg_current_snapshot())::text"
            ).fetchone() or ("",)
            for column in ("since", "until"):
                with pytest.raises(psycopg.Error) as refused:
                    attacker.execute(
                        f"UPDATE events_relaycursor SET {column} = %s::pg_snapshot",
                        [f"{end}:{end}:"],
                    )
                assert rule_of(refused.value) == "events_relaycursor_past"
        for value in ("highest = highest + 1000", "epoch = 9007199254740991"):
            with pytest.raises(psycopg.Error) as refused:
                attacker.execute(f"UPDATE events_relaycursor SET {value}")
            assert rule_of(refused.value) == "events_relaycursor_counts"


def test_an_idle_relay_learns_that_its_place_was_moved(committed_db: str) -> None:
    """Nothing has to be written for `publish_again` to have its effect."""

    async def scene() -> None:
        with session() as alice:
            async with namespace() as stream, relaying():
                write(alice, "a")
                assert await told(stream, 1) == ["a"]
                await asyncio.sleep(0.5)
                before = standing(alice)
                await asyncio.to_thread(call_command, "publish_again", "--since", LONG_AGO)
                # It has taken over again, and walked to the end.
                async with asyncio.timeout(10):
                    while standing(alice) != (before[0] + 2, before[1], True):
                        await asyncio.sleep(0.05)

    asyncio.run(scene())


def standing(connection: psycopg.Connection) -> tuple[int, int, bool]:
    found = connection.execute(
        "SELECT epoch, highest, until IS NULL FROM events_relaycursor"
    ).fetchone()
    assert found
    return found


def test_a_relay_at_work_tells_what_somebody_else_called_sent(committed_db: str) -> None:
    """It goes by what it has read; the moved place is not believed before that is published."""

    async def scene() -> None:
        with session() as alice:
            async with namespace() as stream, relaying():
                for number in range(3):
                    await at_work(alice)
                    write(alice, f"{number}")
                    alice.execute(EVERYTHING_SO_FAR)
                    assert await told(stream, number + 1) == [f"{n}" for n in range(number + 1)]

    asyncio.run(scene())


async def at_work(connection: psycopg.Connection) -> None:
    """The relay has taken its place over, and noted it."""
    async with asyncio.timeout(20):
        while connection.execute(
            "SELECT 1 FROM events_relaycursor WHERE moved_at IS NULL"
        ).fetchone():
            await asyncio.sleep(0.05)


def test_what_was_passed_over_is_seen(committed_db: str) -> None:
    with session() as alice:
        for about in "abc":
            write(alice, about)
        take(alice, id_of(alice, "a"))
        # Nothing later has come: the consumer may be behind.
        alice.execute(EVERYTHING_SO_FAR)
        assert missed(alice) == 0
        take(alice, id_of(alice, "c"))
        assert missed(alice) == 1
        with alice.cursor() as cursor:
            assert skipped(cursor, consumer="every") == 0  # too young to be missed
            assert outbox_lag(cursor).waiting == 0
        alice.execute("UPDATE events_relaycursor SET since = '3:3:'")
        assert missed(alice) == 0  # it waits, which is seen elsewhere
        alice.execute(EVERYTHING_SO_FAR)
        alice.execute(
            "INSERT INTO events_faileddelivery (id, consumer, event_id, name, body, error,"
            " deliveries, state, failed_at) VALUES (gen_random_uuid(), 'every', %s, '', '', '', 1,"
            " 'RETRYING', now())",
            [id_of(alice, "b")],
        )
        assert missed(alice) == 0


@pytest.mark.parametrize("with_it", [True, False])
def test_an_entry_from_before_its_event_does_not_count_as_taken(
    committed_db: str, with_it: bool
) -> None:
    with session() as alice:
        event = uuid.uuid4()
        if not with_it:
            take(alice, event)
        with alice.transaction():
            alice.execute(
                "INSERT INTO events_outboxevent (id, name, version, payload, actor_kind,"
                " request_id, occurred_at) VALUES (%s, 'accounts.session.opened', 1,"
                " '{}', 'system', '', now())",
                [event],
            )
            if with_it:
                take(alice, event)
        write(alice, "later")
        take(alice, id_of(alice, "later"))
        alice.execute(EVERYTHING_SO_FAR)
        assert missed(alice) == 1


def test_after_publishing_again_what_comes_is_counted_as_waiting(
    committed_db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`highest` falls, so the count begins where publishing does."""
    monkeypatch.setattr("events.relay.lag.LATE", 0)
    with session() as alice:
        for about in "abc":
            write(alice, about)
        alice.execute(EVERYTHING_SO_FAR)
        with alice.cursor() as cursor:
            assert outbox_lag(cursor).waiting == 0
            call_command("publish_again", "--since", LONG_AGO)
            assert outbox_lag(cursor).waiting == 3
