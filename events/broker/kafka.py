"""Kafka: the same messages in one topic, keyed by whose they are.

The producer is idempotent, so within its life each partition gets its messages once, in order and
without a gap; it never gives up on one to go on with the next. What was cut off is sent again from
the place in the outbox, by a new producer. So an event may stand there twice (its `id` is in the
headers), and the first of each still come in order.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer
from django.conf import settings

from events.broker import BrokerUnavailable, End
from events.message import OutboxRow
from events.streams import EVENTS

ACK_SECONDS = 5.0
CONNECT_SECONDS = 2.0
CLOSE_SECONDS = 1.0
log = logging.getLogger(__name__)
_OURS: Mapping[str, str | int | float | bool] = {
    "client.id": "vaultcraft relay",
    "enable.idempotence": True,
    "acks": "all",
    "enable.gapless.guarantee": True,
    # How long to wait is for `publish` to say, for a page as a whole: a message that expired by
    # itself would be a gap.
    "message.timeout.ms": 0,
    "linger.ms": 5,
    # As Kafka's own clients place keys, so that theirs and ours agree on the partition.
    "partitioner": "murmur2_random",
}


def topic() -> str:
    """Where events go: ``vaultcraft.events``. Its partitions and copies are the operator's."""
    return f"{settings.EVENT_NAMESPACE}.{EVENTS.word}"


async def connect(options: Mapping[str, str]) -> Kafka:
    """A producer, once a broker has answered.

    :param options: of librdkafka, where the brokers are and who we are.
    :raises BrokerUnavailable: if none answers.
    """
    producer = Producer({**_OURS, **options}, logger=log)
    try:
        await asyncio.to_thread(producer.list_topics, timeout=CONNECT_SECONDS)
    except KafkaException as error:
        raise BrokerUnavailable(str(error)) from error
    return Kafka(producer)


class Kafka:
    """One idempotent producer; of no use any more once something was not acknowledged."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer

    @property
    def end(self) -> None:
        """Kafka cannot be asked for it: partitions have no end of ours."""

    async def check(self, known: End | None) -> None:
        """What was acknowledged by all in-sync copies is for Kafka to keep."""

    async def let_go(self, found: End) -> None:
        """No consumer of ours has a place there."""

    async def publish(self, rows: Sequence[OutboxRow]) -> None:
        """See `events.broker.Broker.publish`; but what is stored already may be stored again."""
        report = _Report(len(rows))
        try:
            for row in rows:
                self._producer.produce(
                    topic(),
                    value=row.body,
                    key=row.place,
                    headers=_headers(row),
                    on_delivery=report.told,
                )
        except (BufferError, KafkaException) as error:
            raise BrokerUnavailable(str(error)) from error
        await asyncio.to_thread(self._flush, ACK_SECONDS)
        report.check()

    async def close(self) -> None:
        """Forget what is not acknowledged: it will be sent again, and nothing after it was sent."""
        await asyncio.to_thread(self._close)

    def _flush(self, seconds: float) -> None:
        """Wait for what is on its way, at most so long.

        :raises BrokerUnavailable: if this producer is over, because what comes next would follow a
            gap. The library raises that amid a report, so it may arrive as a SystemError; or, if it
            logged with the error still pending, as one of the logger's attributes.
        """
        try:
            self._producer.flush(seconds)
        except (KafkaException, SystemError, AttributeError) as error:
            raise BrokerUnavailable(str(error.__cause__ or error)) from error

    def _close(self) -> None:
        """Each step, whatever became of the one before."""
        for step in (
            self._producer.purge,
            lambda: self._flush(CLOSE_SECONDS),
            self._producer.close,
        ):
            with contextlib.suppress(KafkaException, RuntimeError, BrokerUnavailable):
                step()


class _Report:
    """What the brokers said of a page."""

    def __init__(self, expected: int) -> None:
        self._expected = expected
        self._stored = 0
        self._refused: KafkaError | None = None

    def told(self, error: KafkaError | None, message: Any) -> None:
        """One delivery report."""
        if error is None:
            self._stored += 1
        else:
            self._refused = self._refused or error

    def check(self) -> None:
        """Whether all of it is stored.

        :raises BrokerUnavailable: if not, or if nobody said so in time.
        """
        if self._refused is not None:
            raise BrokerUnavailable(str(self._refused))
        if self._stored < self._expected:
            raise BrokerUnavailable(f"{self._stored} of {self._expected} acknowledged in time")


def _headers(row: OutboxRow) -> list[tuple[str, str | bytes | None]]:
    return [("id", str(row.id)), ("name", row.name), ("version", str(row.version))]
