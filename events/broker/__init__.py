"""What carries messages: NATS JetStream, or Kafka by configuration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from events.message import OutboxRow


class BrokerUnavailable(Exception):
    """It does not answer, or not in time. What was sent may have been stored or not."""


class OutOfTurn(Exception):
    """Somebody else has published since: the place in the outbox must be read again."""


class Broker(Protocol):
    """The publishing half of a broker."""

    async def publish(self, rows: Sequence[OutboxRow]) -> None:
        """Store the rows in this order; what is stored already is left alone.

        :raises BrokerUnavailable: if it cannot be said that all of them are stored.
        :raises OutOfTurn: if another writer came between.
        """
        ...

    async def close(self) -> None:
        """Let go of the connection."""
        ...
