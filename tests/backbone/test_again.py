"""A broker that lost everything gets everything again, and nobody takes anything twice."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest
from django.core.management import CommandError, call_command

from tests.backbone.scenes import namespace, relaying, session, told, write

LONG_AGO = "2020-01-01T00:00:00+00:00"


def test_everything_comes_again_in_its_old_order_while_the_relay_works(committed_db: str) -> None:
    async def scene() -> None:
        with session() as alice:
            async with namespace() as lost, relaying():
                for about in ("a", "b", "c"):
                    write(alice, about)
                assert await told(lost, 3) == ["a", "b", "c"]
            # As a relay of before has left it, which did not keep what was acknowledged.
            alice.execute("UPDATE events_relaycursor SET stream_made_at = NULL, stream_last = 0")
            async with namespace() as new, relaying():
                write(alice, "d")
                assert await told(new, 1) == ["d"]
                await asyncio.to_thread(call_command, "publish_again", "--since", LONG_AGO)
                write(alice, "e")
                again = await told(new, 5)
            # What was told since the loss may stand before what comes again.
            assert sorted(again) == ["a", "b", "c", "d", "e"]
            assert [about for about in again if about in "abc"] == ["a", "b", "c"]

    asyncio.run(scene())


def test_from_then_on_and_not_before(committed_db: str) -> None:
    async def scene() -> None:
        with session() as alice:
            async with namespace() as lost, relaying():
                write(alice, "before")
                assert await told(lost, 1) == ["before"]
            between = dt.datetime.now(dt.UTC).isoformat()
            write(alice, "after")
            async with namespace() as new:
                await asyncio.to_thread(call_command, "publish_again", "--since", between)
                async with relaying():
                    assert await told(new, 1) == ["after"]

    asyncio.run(scene())


def test_nothing_since_then_is_said(committed_db: str) -> None:
    with pytest.raises(CommandError):
        call_command("publish_again", "--since", "2099-01-01T00:00:00+00:00")


def test_what_an_inbox_may_have_forgotten_is_not_told_again(committed_db: str) -> None:
    """It would have its effect a second time: so it is refused, with the instant that would do."""
    with session() as alice:
        write(alice, "a")
        alice.execute(
            "INSERT INTO events_inboxbeginning VALUES ('spending', '2026-10-01T00:00Z'),"
            " ('balances', '2026-10-02T00:00Z')"
        )
        before = alice.execute("SELECT * FROM events_relaycursor").fetchall()
        with pytest.raises(CommandError, match=r"2026-10-02T00:00:00\+00:00"):
            call_command("publish_again", "--since", "2026-10-01T12:00:00+00:00")
        assert alice.execute("SELECT * FROM events_relaycursor").fetchall() == before
        call_command("publish_again", "--since", "2026-10-02T00:00:00+00:00")


def test_what_waits_is_not_left_behind(committed_db: str) -> None:
    """An older event that committed late and was not published when somebody asked."""

    async def first() -> None:
        async with namespace() as lost, relaying():
            assert await told(lost, 1) == ["early"]

    async def then() -> None:
        async with namespace() as new, relaying():
            assert sorted(await told(new, 2)) == ["early", "late"]

    with session() as late, session() as early:
        with late.transaction():
            write(late, "late")
            between = dt.datetime.now(dt.UTC).isoformat()
            write(early, "early")
            asyncio.run(first())
        call_command("publish_again", "--since", between)
        asyncio.run(then())


def test_a_broker_nobody_carries_to_is_said(committed_db: str) -> None:
    with pytest.raises(CommandError, match="no place"):
        call_command("publish_again", "--since", LONG_AGO, "--place", "kafka")
