"""What the last check of the books found, for whoever watches the metrics.

Checks run in the worker or by command, the metrics are read from the web: so they come from the
database, from the newest check that was whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import psycopg
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

_LAST = (
    "SELECT extract(epoch FROM finished_at)::float8, passes::text FROM ledger_reconcilejob"
    " WHERE whole ORDER BY id DESC LIMIT 1"
)


# The first record that no seal holds yet; sealing takes them in this order.
_UNSEALED = (
    "SELECT extract(epoch FROM r.at)::float8 FROM audit_auditrecord r"
    " WHERE r.commit_xid >= (SELECT line FROM audit_auditchain) ORDER BY r.commit_xid LIMIT 1"
)
# Those that go on, and those that wait for a person; what has ended is no news.
_SAGAS = (
    "SELECT name, state, count(*), extract(epoch FROM min(started_at))::float8 FROM events_saga"
    " WHERE state IN ('RUNNING', 'COMPENSATING', 'STUCK') GROUP BY name, state"
)
_REFUSED = "SELECT extract(epoch FROM refused_since)::float8 FROM audit_auditchain"


class LastCheckOfBooks(Collector):
    """Gauges read at each scrape; none while the database is away.

    Before the first check only its time is told, as zero: never. An alarm about old checks fires.
    With them, since when evidence waits to be sealed, and since when sealing is refused; zero when
    it is not.
    """

    def __init__(self, *, connect: Callable[[], psycopg.Connection]) -> None:
        self._connect = connect

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing: asking the database only to register would be too early."""
        yield from ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Findings and rows of each pass, and when the check ended."""
        try:
            with self._connect() as connection, connection.transaction():
                connection.execute("SELECT set_config('vaultcraft.scope', 'platform', true)")
                row = connection.execute(_LAST).fetchone()
                unsealed = connection.execute(_UNSEALED).fetchone()
                refused = connection.execute(_REFUSED).fetchone()
                sagas = connection.execute(_SAGAS).fetchall()
        except psycopg.Error:
            return
        yield GaugeMetricFamily(
            "vaultcraft_books_checked_timestamp_seconds",
            "When the last check of the books ended; zero before the first one.",
            value=float(row[0]) if row else 0,
        )
        by_state = GaugeMetricFamily(
            "vaultcraft_sagas", "Sagas that have not ended, by state.", labels=["saga", "state"]
        )
        oldest = GaugeMetricFamily(
            "vaultcraft_sagas_oldest_timestamp_seconds",
            "When the oldest saga that has not ended began, by state.",
            labels=["saga", "state"],
        )
        for name, state, number, began in sagas:
            by_state.add_metric([name, state], number)
            oldest.add_metric([name, state], began)
        yield from (by_state, oldest)
        yield GaugeMetricFamily(
            "vaultcraft_audit_unsealed_since_timestamp_seconds",
            "Of when the oldest audit record is that no seal holds yet; zero if there is none.",
            value=float(unsealed[0]) if unsealed else 0,
        )
        yield GaugeMetricFamily(
            "vaultcraft_audit_sealing_refused_since_timestamp_seconds",
            "Since when nothing is sealed because seals or heads are gone; zero if all is well.",
            value=float(refused[0] or 0) if refused else 0,
        )
        if row:
            yield from _of_passes(json.loads(row[1]))


def _of_passes(passes: list[dict[str, object]]) -> Iterator[GaugeMetricFamily]:
    findings = GaugeMetricFamily(
        "vaultcraft_books_findings",
        "Rows that break a rule of the books, in the last check.",
        labels=["check"],
    )
    visited = GaugeMetricFamily(
        "vaultcraft_books_rows_visited", "Rows the last check looked at.", labels=["check"]
    )
    for one in passes:
        findings.add_metric([str(one["name"])], float(str(one["found"])))
        visited.add_metric([str(one["name"])], float(str(one["visited"])))
    yield findings
    yield visited
