"""How the event backbone stands, for whoever watches the metrics.

Read at each scrape of the web from the database and the broker, so that it is told with relay and
consumers dead: that is when it matters. What those two count themselves they tell on pages of their
own (`--metrics`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import psycopg
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from events.broker import BrokerUnavailable
from events.broker.looking import BrokerState, look
from events.catalogue import CATALOGUE
from events.consuming import registered
from events.relay.lag import Lag, outbox_lag, places
from events.relay.skipped import skipped
from kernel import clock

_FAILED = (
    "SELECT consumer, lower(state), count(*) FROM events_faileddelivery"
    " WHERE state IN ('RETRYING', 'DEAD') GROUP BY consumer, state ORDER BY consumer, state"
)


class Backbone(Collector):
    """Gauges read at each scrape; those of the database or the broker are none while it is away."""

    def __init__(self, *, connect: Callable[[], psycopg.Connection]) -> None:
        self._connect = connect

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing: asking anybody only to register would be too early."""
        yield from ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The outbox and the failed deliveries; then the streams and the consumers."""
        yield from self._of_database()
        yield from self._of_skipped()
        try:
            state = look()
        except BrokerUnavailable:
            yield _broker_up(0)
            return
        yield _broker_up(1)
        yield from _of_broker(state)

    def _of_database(self) -> Iterator[GaugeMetricFamily]:
        try:
            with self._connect() as connection, connection.transaction():
                connection.execute("SELECT set_config('vaultcraft.scope', 'platform', true)")
                with connection.cursor() as cursor:
                    known = places(cursor)
                    lags = {place: outbox_lag(cursor, place=place) for place, _ in known}
                failed = connection.execute(_FAILED).fetchall()
        except psycopg.Error:
            return
        yield from _of_outbox(lags)
        yield _labeled(
            "vaultcraft_relay_stands",
            "Whether a relay stands because its stream lost what it had acknowledged.",
            "place",
            {place: int(lost) for place, lost in known},
        )
        deliveries = GaugeMetricFamily(
            "vaultcraft_failed_deliveries",
            "Events that a consumer could not take: retrying, or dead until somebody replays them.",
            labels=["consumer", "state"],
        )
        for consumer, state, count in failed:
            deliveries.add_metric([consumer, state], count)
        yield deliveries

    def _of_skipped(self) -> Iterator[GaugeMetricFamily]:
        """Apart from the others: it reads the most, and must not cost them."""
        every = [one.name for one in registered() if one.names >= CATALOGUE.keys()]
        if not every:
            return
        try:
            with self._connect() as connection, connection.transaction():
                connection.execute("SELECT set_config('vaultcraft.scope', 'platform', true)")
                with connection.cursor() as cursor:
                    count = skipped(cursor, consumer=every[0])
        except psycopg.Error:
            return
        yield GaugeMetricFamily(
            "vaultcraft_outbox_skipped",
            "Recent events that count as published and never came to who takes every event.",
            value=count,
        )


def _of_outbox(lags: Mapping[str, Lag]) -> Iterator[GaugeMetricFamily]:
    now = clock.now()
    yield _labeled(
        "vaultcraft_outbox_waiting",
        "Events that are not published there yet; no more than 10000 are counted.",
        "place",
        {place: lag.waiting for place, lag in lags.items()},
    )
    yield _labeled(
        "vaultcraft_outbox_oldest_waiting_seconds",
        "How long ago the oldest of them happened; zero if none waits.",
        "place",
        {place: lag.seconds(now) for place, lag in lags.items()},
    )


def _broker_up(value: int) -> GaugeMetricFamily:
    return GaugeMetricFamily(
        "vaultcraft_broker_up", "Whether NATS told of its streams in time.", value=value
    )


def _of_broker(state: BrokerState) -> Iterator[GaugeMetricFamily]:
    yield _labeled(
        "vaultcraft_stream_messages",
        "Messages in a stream.",
        "stream",
        {one.stream.label: one.messages for one in state.streams},
    )
    yield _labeled(
        "vaultcraft_stream_bytes",
        "What a stream takes on disk.",
        "stream",
        {one.stream.label: one.size for one in state.streams},
    )
    for name, help_text, member in (
        ("delivered", "Messages ever given to a consumer.", "delivered"),
        ("pending", "Messages not given to a consumer yet.", "pending"),
        ("ack_pending", "Messages given and not acknowledged.", "unacknowledged"),
        ("redelivered", "Of those, messages given more than once.", "redelivered"),
    ):
        values = {one.name: int(getattr(one, member)) for one in state.consumers}
        yield _labeled(f"vaultcraft_consumer_{name}", help_text, "consumer", values)


def _labeled(
    name: str, help_text: str, label: str, values: Mapping[str, float]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help_text, labels=[label])
    for one, value in values.items():
        family.add_metric([one], value)
    return family
