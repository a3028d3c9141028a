"""One reader, many listeners: what is bounded, and what happens at the bounds. Nothing remote."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Collection
from contextlib import ExitStack

import pytest

from web.live import hub as hubs
from web.live import listening
from web.live.changes import POSTED, Balance, Change, change_of
from web.live.errors import OrganizationFull, StreamsFull, TooManyStreams
from web.live.hub import Hub
from web.live.listening import End, Listener
from web.live.viewers import Viewer
from web.live.wallets import Held, Known
from web.live.watching import look

ORGANIZATION, PERSON, ACCOUNT = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
HELD = Held(uuid.uuid4(), PERSON)


async def known(organization_id: uuid.UUID, ids: Collection[uuid.UUID]) -> Known:
    return {one: HELD if one == ACCOUNT else None for one in ids}


async def unknown(organization_id: uuid.UUID, ids: Collection[uuid.UUID]) -> Known:
    raise TimeoutError


def viewer(*, person: uuid.UUID = PERSON, organization: uuid.UUID = ORGANIZATION) -> Viewer:
    return Viewer(uuid.uuid4(), person, organization, sees_all=False)


def change(version: int = 1, *, organization: uuid.UUID = ORGANIZATION) -> Change:
    return Change(
        id=uuid.uuid4(),
        name=POSTED,
        organization_id=organization,
        occurred_at="2026-11-20T10:00:00+00:00",
        accounts={ACCOUNT: Balance(version * 100, "INR", version), uuid.uuid4(): None},
        wallets=frozenset(),
    )


def made(*, most: int = 10, most_each: int = 10, most_together: int = 10) -> Hub:
    return Hub(look_up=known, most=most, most_each=most_each, most_together=most_together)


async def heard(listener: Listener, count: int) -> list[int]:
    pieces = [await asyncio.wait_for(listener.next(), 1) for _ in range(count)]
    return [version_in(piece or b"") for piece in pieces]


def version_in(piece: bytes) -> int:
    data = next(line for line in piece.split(b"\n") if line.startswith(b"data: "))
    return int(json.loads(data[6:])["wallets"][0]["version"])


def test_a_message_that_comes_again_is_told_once() -> None:
    async def scene() -> None:
        hub = made()
        with hub.joined(viewer()) as listener:
            one, two = change(1), change(2)
            await hub.tell([one, one])
            await hub.tell([one, two])
            assert await heard(listener, 2) == [1, 2]

    asyncio.run(scene())


def test_more_than_is_kept_for_a_page_becomes_one_wish_to_draw_anew() -> None:
    """A batch of transfers is as long: a healthy page stays, and knows where it stands."""

    async def scene() -> None:
        hub = made()
        with hub.joined(viewer()) as slow, hub.joined(viewer()) as quick:
            for number in range(listening.MOST_WAITING):
                await hub.tell([change(number)])
                assert await heard(quick, 1) == [number]
            last = change(1_000)
            await hub.tell([last])
            assert await heard(quick, 1) == [1_000]
            told = await asyncio.wait_for(slow.next(), 1)
            assert told is not None
            assert told.startswith(f"id: {last.id}\nevent: reload\n".encode())
            await hub.tell([change(1_001)])
            assert await heard(slow, 1) == [1_001]
            assert slow.ended is None

    asyncio.run(scene())


def test_a_batch_of_two_hundred_ends_no_stream() -> None:
    async def scene() -> None:
        hub = made()
        with hub.joined(viewer()) as listener:
            await hub.tell([change(number) for number in range(200)])
            first = await asyncio.wait_for(listener.next(), 1)
            assert b"event: reload" in (first or b"")
            assert len(await heard(listener, 3)) == 3
            assert listener.ended is None

    asyncio.run(scene())


def test_one_organization_does_not_take_the_places_of_all() -> None:
    hub, other = made(most_together=2), uuid.uuid4()
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(hub.joined(viewer(person=uuid.uuid4())))
        with pytest.raises(OrganizationFull), hub.joined(viewer(person=uuid.uuid4())):
            pass
        stack.enter_context(hub.joined(viewer(organization=other)))


def test_who_was_dropped_resumes_where_it_was() -> None:
    async def scene() -> None:
        hub = made()
        changes = [change(number) for number in range(1, 6)]
        await hub.tell(changes)
        told = await hub.welcome(viewer(), until=hub.position, last_id=str(changes[1].id))
        pieces = [one for one in told.split(b"\n\n") if one]
        assert [version_in(one) for one in pieces] == [3, 4, 5]
        assert f"id: {changes[4].id}".encode() in pieces[-1]

    asyncio.run(scene())


def test_what_comes_while_a_page_is_welcomed_is_told_once() -> None:
    """Between its place in the line and its first piece changes may come: they follow it."""

    async def scene() -> None:
        hub = made()
        first = change(1)
        await hub.tell([first])
        with hub.joined(viewer()) as listener:
            until = hub.position
            await hub.tell([change(2)])
            told = await hub.welcome(viewer(), until=until, last_id=str(first.id))
            assert told == b""
            assert await heard(listener, 1) == [2]

    asyncio.run(scene())


@pytest.mark.parametrize("retained", [3, 1])
def test_what_is_too_old_to_resume_from_means_to_draw_again(
    monkeypatch: pytest.MonkeyPatch, retained: int
) -> None:
    async def scene() -> None:
        monkeypatch.setattr(hubs, "RETAINED", retained)
        hub = made()
        changes = [change(number) for number in range(1, 6)]
        await hub.tell(changes)
        told = await hub.welcome(viewer(), until=hub.position, last_id=str(changes[0].id))
        assert b"event: reload" in told

    asyncio.run(scene())


def test_too_much_to_resume_means_to_draw_again() -> None:
    async def scene() -> None:
        hub = made()
        changes = [change(number) for number in range(hubs.MOST_RESUMED + 2)]
        await hub.tell(changes)
        told = await hub.welcome(viewer(), until=hub.position, last_id=str(changes[0].id))
        assert b"event: reload" in told
        told = await hub.welcome(viewer(), until=hub.position, last_id=str(changes[1].id))
        assert told.count(b"event: change") == hubs.MOST_RESUMED

    asyncio.run(scene())


def test_where_wallets_cannot_be_looked_up_pages_are_interrupted_and_miss_nothing() -> None:
    async def scene() -> None:
        hub = Hub(look_up=unknown, most=10, most_each=10, most_together=10)
        elsewhere = viewer(organization=uuid.uuid4())
        with hub.joined(viewer()) as listener, hub.joined(elsewhere) as other:
            one = change(1)
            await hub.tell([one])
            assert listener.ended is End.INTERRUPTED
            assert other.ended is None
        hub._look_up = known
        before = change(2)
        await hub.tell([before])
        told = await hub.welcome(viewer(), until=hub.position, last_id=str(one.id))
        assert version_in(told) == 2

    asyncio.run(scene())


def test_places_and_pages_of_one_person_are_bounded_and_given_back() -> None:
    hub, mine, others = made(most=2, most_each=1), viewer(), viewer(person=uuid.uuid4())
    with ExitStack() as places:
        places.enter_context(hub.place())
        places.enter_context(hub.place())
        with pytest.raises(StreamsFull), hub.place():
            pass
    with hub.place(), hub.joined(mine):
        with pytest.raises(TooManyStreams), hub.joined(mine):
            pass
        with hub.joined(others):
            assert len(hub.listening()) == 2
    with hub.joined(mine):
        pass
    assert not hub.listening()


def test_what_waits_for_a_session_that_ended_is_not_sent() -> None:
    async def scene() -> None:
        hub = made()
        with hub.joined(viewer()) as ended, hub.joined(viewer()) as kept:
            await hub.tell([change(1)])

            async def left(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Viewer]:
                assert set(ids) == {ended.viewer.session_id, kept.viewer.session_id}
                return {kept.viewer.session_id: kept.viewer}

            await look(hub, left)
            assert ended.ended is End.SIGNED_OUT
            assert await ended.next() is None
            assert await heard(kept, 1) == [1]

    asyncio.run(scene())


def test_who_may_see_less_than_before_is_told_less() -> None:
    async def scene() -> None:
        hub = made()
        everything = Viewer(uuid.uuid4(), uuid.uuid4(), ORGANIZATION, sees_all=True)
        with hub.joined(everything) as listener:
            await hub.tell([change(1)])
            assert await heard(listener, 1) == [1]
            less = Viewer(everything.session_id, everything.person_id, ORGANIZATION, sees_all=False)

            async def left(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Viewer]:
                return {less.session_id: less}

            await look(hub, left)
            await hub.tell([change(2)])
            assert listener.ended is None
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(listener.next(), 0.05)

    asyncio.run(scene())


def test_a_refused_transfer_is_its_payers_business() -> None:
    source, destination = uuid.uuid4(), uuid.uuid4()
    payload = {"source_wallet_id": str(source), "destination_wallet_id": str(destination)}
    body = {
        "id": str(uuid.uuid4()),
        "name": "wallets.transfer.failed",
        "organization_id": str(ORGANIZATION),
        "occurred_at": "2026-11-20T10:00:00+00:00",
        "payload": payload,
    }
    told = change_of(json.dumps(body).encode())
    assert told is not None
    assert told.wallets == {source}
    of_platform = json.dumps({**body, "organization_id": None}).encode()
    assert change_of(of_platform) is None
