"""What carries messages: NATS JetStream, or Kafka by configuration."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Protocol

from events.message import OutboxRow


class BrokerUnavailable(Exception):
    """It does not answer, or not in time. What was sent may have been stored or not."""


class OutOfTurn(Exception):
    """Somebody else has published since: the place in the outbox must be read again."""


@dataclasses.dataclass(frozen=True, slots=True)
class End:
    """Which stream it is, by the instant it was made, and the number of its last message."""

    made_at: dt.datetime
    last: int


class Shortened(Exception):
    """The stream does not hold what it had acknowledged: it is younger, or it lost its tail."""

    def __init__(self, found: End) -> None:
        super().__init__(f"the stream of {found.made_at.isoformat()} ends at {found.last}")
        self.found = found


class Broker(Protocol):
    """The publishing half of a broker."""

    @property
    def end(self) -> End | None:
        """Of what it has acknowledged, after `check`; None: this broker cannot tell."""
        ...

    async def check(self, known: End | None) -> None:
        """Look whether all is there that was acknowledged once.

        :param known: the end it had then; None if nobody knows.
        :raises Shortened: if it is not.
        :raises BrokerUnavailable: if it does not answer.
        """
        ...

    async def let_go(self, found: End) -> None:
        """Forget the places of consumers beyond the end: what comes there next is news to them."""
        ...

    async def publish(self, rows: Sequence[OutboxRow]) -> None:
        """Store the rows in this order; what is stored already is left alone.

        :raises BrokerUnavailable: if it cannot be said that all of them are stored.
        :raises OutOfTurn: if another writer came between.
        :raises Shortened: as `check`.
        """
        ...

    async def close(self) -> None:
        """Let go of the connection."""
        ...
