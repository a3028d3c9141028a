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
