"""NATS JetStream: streams in files, each message stored once, in the order it was sent."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import nats
from nats.aio.client import Client
from nats.js import JetStreamContext, api
from nats.js.errors import APIError, NotFoundError

from events.broker import BrokerUnavailable, End, OutOfTurn, Shortened
from events.message import OutboxRow
from events.streams import BACKBONE, EVENTS, Stream, subject_of

ACK_SECONDS = 5.0
CONNECT_SECONDS = 2.0
DUPLICATE_WINDOW_SECONDS = 120.0
# A server that has just begun to lead may not have read all of its log yet.
SETTLE_SECONDS = 2.0
SETTLE_LOOK_SECONDS = 0.2
_WRONG_LAST_SEQUENCE = 10071
_CONNECTING: Mapping[str, Any] = {
    "connect_timeout": CONNECT_SECONDS,
    "allow_reconnect": True,
    "max_reconnect_attempts": -1,
    "reconnect_time_wait": 0.2,
    "pending_size": 8 * 1024 * 1024,
}

log = logging.getLogger(__name__)
# Every error of the client library that means "not now".
UNAVAILABLE = (nats.errors.Error, OSError, asyncio.TimeoutError)


async def connect(url: str, *, name: str) -> Client:
    """A connection that mends itself and never gives up, once somebody has answered.

    :param url: of a server, or of several of one cluster, separated by commas.
    :raises BrokerUnavailable: if nobody does, in time.
    """
    client, patience = Client(), _Patience()
    try:
        await client.connect(url.split(","), name=name, error_cb=patience.told, **_CONNECTING)
    except UNAVAILABLE as error:
        with contextlib.suppress(*UNAVAILABLE):
            await client.close()
        raise BrokerUnavailable(str(error) or type(error).__name__) from error
    patience.endless = True
    return client


class _Patience:
    """Ends the first attempt to connect: the library alone would ask for ever, unstoppably.

    It is asked here after each failure; cancelling it from outside is not enough, since a cancelled
    `asyncio.wait_for` may answer with the failure that came at the same moment.
    """

    def __init__(self) -> None:
        self.endless = False
        self._until = time.monotonic() + CONNECT_SECONDS

    async def told(self, error: Exception) -> None:
        """A failure; instead of the library's traceback, of which there would be five a second.

        :raises Exception: the same, if nobody has answered and time is over.
        """
        log.debug("nats_trouble: %s %s", type(error).__name__, error)
        if not self.endless and time.monotonic() > self._until:
            raise error


async def declare_streams(
    client: Client, *, replicas: int, streams: Sequence[Stream] = BACKBONE
) -> None:
    """Make streams be as they are declared; what is in them stays.

    :raises BrokerUnavailable: if the broker does not answer.
    """
    context = client.jetstream(timeout=ACK_SECONDS)
    try:
        for stream in streams:
            await _declare(context, _configuration(stream, replicas=replicas))
    except UNAVAILABLE as error:
        raise BrokerUnavailable(str(error)) from error


async def _declare(context: JetStreamContext, wanted: api.StreamConfig) -> None:
    try:
        await context.update_stream(wanted)
    except NotFoundError:
        await context.add_stream(wanted)


def _configuration(stream: Stream, *, replicas: int) -> api.StreamConfig:
    return api.StreamConfig(
        name=stream.name,
        subjects=[stream.subject],
        storage=api.StorageType.FILE,
        retention=api.RetentionPolicy.LIMITS,
        discard=api.DiscardPolicy.OLD,
        max_age=stream.max_age_seconds,
        max_bytes=stream.max_bytes or -1,
        num_replicas=replicas,
        duplicate_window=DUPLICATE_WINDOW_SECONDS,
        deny_delete=True,
        allow_direct=True,
    )


class JetStream:
    """The only writer of the stream of events.

    Each message says which one it expects to be the last before it, so a gap in the middle of a
    page (a server that lost its leader) refuses all that follow instead of letting them pass. What
    of a page is stored is read off the stream itself, however long ago it was sent.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._context = client.jetstream(timeout=ACK_SECONDS, publish_async_max_pending=4_000)
        self._last: int | None = None
        self._end: End | None = None

    @property
    def end(self) -> End | None:
        """See `events.broker.Broker.end`."""
        return self._end

    async def check(self, known: End | None) -> None:
        """See `events.broker.Broker.check`."""
        with _unavailable():
            began = time.monotonic()
            found = await self._found()
            while known and _shorter(found, known):
                if found.made_at != known.made_at or time.monotonic() - began > SETTLE_SECONDS:
                    raise Shortened(found)
                await asyncio.sleep(SETTLE_LOOK_SECONDS)
                found = await self._found()
            self._end = found

    async def let_go(self, found: End) -> None:
        """See `events.broker.Broker.let_go`."""
        with _unavailable():
            for one in await self._context.consumers_info(EVENTS.name):
                if one.delivered and one.delivered.stream_seq > found.last:
                    await self._context.delete_consumer(EVENTS.name, one.name)

    async def publish(self, rows: Sequence[OutboxRow]) -> None:
        """See `events.broker.Broker.publish`."""
        if not rows:
            return
        try:
            with _unavailable():
                if self._last is None:
                    rows = await self._resumed(rows)
                await self._send(rows)
        except (BrokerUnavailable, OutOfTurn):
            self._last = None
            raise

    async def close(self) -> None:
        """Let go of the connection; what was sent has been acknowledged or will be sent again.

        The library says so when the connection broke before, which is why most are closed.
        """
        with contextlib.suppress(*UNAVAILABLE):
            await self._client.close()

    async def _found(self) -> End:
        info = await self._context.stream_info(EVENTS.name)
        if info.created is None:
            raise BrokerUnavailable("the stream does not say when it was made")
        return End(info.created, info.state.last_seq)

    async def _send(self, rows: Sequence[OutboxRow]) -> None:
        """All of them without waiting in between."""
        expected = self._last or 0
        waiting = []
        for row in rows:
            subject, headers = _addressed(row, expected=expected)
            waiting.append(
                await self._context.publish_async(
                    subject, row.body, wait_stall=ACK_SECONDS, headers=headers
                )
            )
            expected += 1
        answers = await asyncio.wait_for(
            asyncio.gather(*waiting, return_exceptions=True), ACK_SECONDS
        )
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
            if answer.duplicate:
                # It was not stored again, so what followed it was refused.
                raise OutOfTurn
        self._stored_up_to(expected)

    def _stored_up_to(self, last: int) -> None:
        self._last = last
        if self._end is not None:
            self._end = dataclasses.replace(self._end, last=last)

    async def _resumed(self, rows: Sequence[OutboxRow]) -> Sequence[OutboxRow]:
        """What is left after those that are stored, one by one until the first that was not."""
        await self.check(self._end)
        rest = list(await self._not_stored(rows))
        while rest:
            row = rest.pop(0)
            subject, headers = _addressed(row, expected=self._last or 0)
            stored = await self._context.publish(subject, row.body, headers=headers)
            if not stored.duplicate:
                self._stored_up_to(stored.seq)
                break
        return rest

    async def _not_stored(self, rows: Sequence[OutboxRow]) -> Sequence[OutboxRow]:
        """The rows without those that are the last messages of the stream."""
        state = (await self._context.stream_info(EVENTS.name)).state
        wanted = {str(row.id) for row in rows}
        stored: set[str] = set()
        lowest = max(state.first_seq, state.last_seq - len(rows) + 1, 1)
        for sequence in range(state.last_seq, lowest - 1, -1):
            message = await self._context.get_msg(EVENTS.name, sequence)
            identity = (message.headers or {}).get("Nats-Msg-Id", "")
            if identity not in wanted:
                break
            stored.add(identity)
        self._last = state.last_seq
        return [row for row in rows if str(row.id) not in stored]


def _shorter(found: End, known: End) -> bool:
    return found.made_at != known.made_at or found.last < known.last


@contextlib.contextmanager
def _unavailable() -> Iterator[None]:
    """Tell the library's errors as ours.

    :raises OutOfTurn: if the stream does not end where it should.
    :raises BrokerUnavailable: for all the others.
    """
    try:
        yield
    except UNAVAILABLE as error:
        if isinstance(error, APIError) and error.err_code == _WRONG_LAST_SEQUENCE:
            raise OutOfTurn from error
        raise BrokerUnavailable(str(error) or type(error).__name__) from error


def _addressed(row: OutboxRow, *, expected: int) -> tuple[str, dict[str, str]]:
    headers = {"Nats-Msg-Id": str(row.id), "Nats-Expected-Last-Sequence": str(expected)}
    return subject_of(place=row.place, name=row.name), headers
