"""Late commits are never skipped, and what is ordered by a lock is never swapped."""

from __future__ import annotations

import asyncio

from tests.backbone.scenes import namespace, relaying, session, told, write


def test_what_waits_is_published_as_it_was_written(committed_db: str) -> None:
    async def scene() -> None:
        with session() as alice:
            for number in range(3):
                write(alice, f"{number}")
            async with namespace() as stream, relaying():
                assert await told(stream, 3) == ["0", "1", "2"]
                write(alice, "3")
                assert await told(stream, 4) == ["0", "1", "2", "3"]

    asyncio.run(scene())


def test_a_late_commit_comes_late_and_holds_nobody_back(committed_db: str) -> None:
    async def scene() -> None:
        with session() as early, session() as other:
            async with namespace() as stream, relaying():
                early.execute("BEGIN")
                write(early, "written first")
                write(other, "committed first")
                assert await told(stream, 1) == ["committed first"]
                early.execute("COMMIT")
                assert await told(stream, 2) == ["committed first", "written first"]

    asyncio.run(scene())


def test_what_was_undone_is_not_told(committed_db: str) -> None:
    async def scene() -> None:
        with session() as alice:
            async with namespace() as stream, relaying():
                alice.execute("BEGIN")
                write(alice, "undone")
                alice.execute("ROLLBACK")
                write(alice, "done")
                assert await told(stream, 1) == ["done"]

    asyncio.run(scene())


def test_an_old_transaction_that_waited_for_a_lock_does_not_overtake(committed_db: str) -> None:
    """The transaction with the lower id writes second; a third, in between, is still open.

    Ordered by transaction ids, or published below the oldest running one as soon as possible, the
    second event would come before the first.
    """

    async def scene() -> None:
        with session() as waits, session() as open_one, session() as first:
            waits.execute("BEGIN")
            waits.execute("SELECT pg_current_xact_id()")
            open_one.execute("BEGIN")
            open_one.execute("SELECT pg_current_xact_id()")
            first.execute("BEGIN")
            first.execute("SELECT pg_advisory_xact_lock(7)")
            write(first, "first")
            first.execute("COMMIT")
            waits.execute("SELECT pg_advisory_xact_lock(7)")
            write(waits, "second")
            waits.execute("COMMIT")
            async with namespace() as stream, relaying():
                assert await told(stream, 2) == ["first", "second"]
            open_one.execute("ROLLBACK")

    asyncio.run(scene())


def test_a_long_difference_is_walked_in_its_order(committed_db: str) -> None:
    async def scene() -> None:
        with session() as alice, session() as late:
            late.execute("BEGIN")
            write(late, "late")
            with alice.transaction():
                for number in range(1_300):
                    write(alice, f"{number}")
            async with namespace() as stream, relaying():
                walked = await told(stream, 1_300)
                late.execute("COMMIT")
                assert await told(stream, 1_301) == [*walked, "late"]
            assert walked == [f"{number}" for number in range(1_300)]

    asyncio.run(scene())
