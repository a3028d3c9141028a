"""The lines of the table: what is measured, beside what, and the mark to reach."""

from __future__ import annotations

import dataclasses

BOOKS = "account, transaction, entry"
WHOLE = f"{BOOKS}, usage, transfer, audit, outbox"
ACROSS = f"twice: {BOOKS}, audit, outbox; usage, transfer"
HTTP = f"{WHOLE}, idempotency"
PGBENCH = "pgbench TPC-B, 8 clients"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Line:
    """One line. `value`, `reference`, `latency` name what measurements of the same run found.

    :param mark: what the ratio of value and reference must reach.
    :param at_most: the ratio must not exceed the mark.
    :param latency: the series of single requests whose percentiles belong to the value.
    """

    name: str
    what: str
    unit: str = "transfers/s"
    value: str
    reference: str | None = None
    reference_name: str = ""
    mark: float | None = None
    at_most: bool = False
    latency: str | None = None
    reference_latency: str | None = None
    writes: str = ""


_BATCHES = (
    Line(
        name="books_alone",
        what="Books alone, batch of 100, 1 process",
        value="books_one",
        reference="set_based",
        reference_name="the same rows by set-based SQL, 1 backend",
        mark=0.45,
        writes=BOOKS,
    ),
    Line(
        name="books_alone_many",
        what="Books alone, batch of 100, {writers} processes",
        value="books_many",
        reference="tpcb",
        reference_name=PGBENCH,
        mark=1.8,
        writes=BOOKS,
    ),
    Line(
        name="whole_transfer",
        what="Whole transfer, batch of 100, {writers} processes",
        value="whole_many",
        reference="tpcb",
        reference_name=PGBENCH,
        mark=1.2,
        writes=WHOLE,
    ),
    Line(
        name="whole_transfer_across",
        what="Whole transfer across organizations, batch of 100, {writers} processes",
        value="across_many",
        reference="whole_many",
        reference_name="whole transfer inside one, batch of 100",
        writes=ACROSS,
    ),
)
_SINGLES = (
    Line(
        name="whole_transfer_single",
        what="Whole transfer, one at a time, 1 process",
        value="whole_single",
        reference="hordak",
        reference_name="django-hordak 2.0.0 transfer_to, 1 process",
        mark=1.0,
        writes=WHOLE,
    ),
    Line(
        name="whole_transfer_single_many",
        what="Whole transfer, one at a time, 8 processes",
        value="single_many",
        writes=WHOLE,
    ),
    Line(
        name="hot_account",
        what="One hot account, 8 writers through group commit",
        value="together_hot",
        reference="together",
        reference_name="accounts drawn uniformly",
        mark=0.8,
        writes=WHOLE,
    ),
    Line(
        name="clearing_pair",
        what="One pair of clearing accounts, 8 writers through group commit",
        value="together_pair",
        reference="together_across",
        reference_name="pairs of organizations drawn uniformly",
        mark=0.8,
        writes=ACROSS,
    ),
)
_OVER_HTTP = (
    Line(
        name="http_single",
        what="HTTP, one transfer a request, 32 clients",
        value="http_32",
        reference="http_empty",
        reference_name="an empty authenticated DRF view",
        mark=0.33,
        latency="http_32",
        reference_latency="http_empty",
        writes=HTTP,
    ),
    Line(
        name="http_bulk",
        what="HTTP, bulk of 100, {bulk_clients} clients",
        value="http_bulk",
        reference="whole_many",
        reference_name="whole transfer, batch of 100",
        mark=0.5,
        latency="http_bulk",
        writes=HTTP,
    ),
    *(
        Line(
            name=f"group_commit_{clients}",
            what=f"Group commit, HTTP, clients: {clients}",
            value=f"http_{clients}",
            reference=f"alone_{clients}",
            reference_name="each request a transaction of its own",
            latency=f"http_{clients}",
            reference_latency=f"alone_{clients}",
            writes=HTTP,
        )
        for clients in (1, 8, 32, 64)
    ),
    Line(
        name="open_loop",
        what="HTTP, open loop, one transfer a request, at half of what is sustainable",
        value="open_loop",
        reference="capacity",
        reference_name="64 clients, closed loop",
        latency="open_loop",
        writes=HTTP,
    ),
    Line(
        name="overload",
        what="HTTP, open loop at twice the sustainable rate: goodput",
        value="goodput",
        reference="capacity",
        reference_name="64 clients, closed loop",
        mark=0.7,
        latency="goodput",
        writes=HTTP,
    ),
    Line(
        name="overload_turned_away",
        what="The rest, answered 503 with Retry-After before Django",
        unit="requests/s",
        value="turned_away",
        latency="turned_away",
        writes="nothing",
    ),
)


def _cost(part: str, what: str, writes: str) -> Line:
    return Line(
        name=f"marginal_{part}",
        what=what,
        unit="us/transfer",
        value=f"cost_{part}",
        writes=writes,
    )


def _recognizing(what: str, name: str) -> Line:
    return Line(
        name=f"recognizing_{name}",
        what=what,
        unit="us",
        value=f"{name}_secured",
        reference=f"{name}_open",
        reference_name="the same by a join over tables without row security",
        writes="nothing",
    )


_COSTS = (
    _cost("whole", "What limits, transfer, audit and outbox add to the books", "the rest"),
    _cost("limits", "Cost of spending limits", "usage"),
    _cost("audit", "Cost of audit records", "audit"),
    _cost("outbox", "Cost of events in the outbox", "outbox"),
    _cost("row_security", "Cost of row security", "nothing"),
    _recognizing("Recognizing an API key, under row security", "key"),
    _recognizing("Recognizing a session, under row security", "session"),
    Line(
        name="row_security_over_http",
        what="HTTP, one transfer a request, 32 clients, under row security",
        value="http_32",
        reference="http_open",
        reference_name="the same on a copy without row security",
        mark=0.9,
        writes=HTTP,
    ),
    _cost("entry_checks", "Cost of the checks in the balance trigger", "nothing"),
    _cost("fees", "What a fee adds to a transfer", "one entry more, one account"),
    Line(
        name="marginal_idempotency",
        what="HTTP with the idempotency guard, 32 clients",
        value="http_32",
        reference="http_unguarded",
        reference_name="the same without the guard",
        writes="idempotency",
    ),
)


def _read(read: str, what: str) -> Line:
    return Line(
        name=read,
        what=f"{what}, {{large_accounts:,}} entries on the account",
        unit="us",
        value=f"{read}_long",
        reference=f"{read}_short",
        reference_name="1,000 entries",
        mark=1.5,
        at_most=True,
        writes="nothing",
    )


_SIZES = (
    _read("balance", "Balance"),
    _read("as_recorded", "Balance as of an instant, by recorded time"),
    _read("as_effective", "Balance as of an instant, by effective time"),
    _read("history", "Page of 25 entries"),
    Line(
        name="very_many_accounts",
        what="Whole transfer, batch of 100, {large_accounts:,} accounts, 1 process",
        unit="us/transfer",
        value="batch_very_many",
        reference="batch_few",
        reference_name="10,000 accounts",
        mark=1.3,
        at_most=True,
        writes=WHOLE,
    ),
    Line(
        name="bytes_per_transfer",
        what="Whole transfer on disk, indexes included",
        unit="bytes",
        value="bytes",
        writes=WHOLE,
    ),
)

_BACKBONE = (
    Line(
        name="relay",
        what="Relay to JetStream in files, 20,000 events waiting",
        unit="events/s",
        value="relay",
        reference="relay_asked",
        reference_name="what is asked for",
        mark=1.0,
        writes="stream",
    ),
    Line(
        name="relay_careful",
        what="The same, each message synced to the disk",
        unit="events/s",
        value="relay_careful",
        reference="relay_careful_asked",
        reference_name="what is asked for",
        mark=1.0,
        writes="stream",
    ),
    Line(
        name="relay_memory",
        what="Memory of a relay that catches up 100,000 events",
        unit="MiB",
        value="relay_memory",
        reference="relay_memory_allowed",
        reference_name="what is allowed",
        mark=1.0,
        at_most=True,
        writes="stream",
    ),
    Line(
        name="told",
        what="From the books to a consumer, at 500 transfers/s: 99 of 100 within",
        unit="ms",
        value="told_p99",
        reference="told_allowed",
        reference_name="what is allowed",
        mark=1.0,
        at_most=True,
        latency="told",
        writes=f"{WHOLE}, stream",
    ),
    Line(
        name="live",
        what="From the books to 20 open pages, through web, at 100 transfers/s: 95 of 100 within",
        unit="ms",
        value="live_p95",
        reference="live_allowed",
        reference_name="what is allowed",
        mark=1.0,
        at_most=True,
        latency="live",
        writes=f"{WHOLE}, stream",
    ),
)

LINES = (*_BATCHES, *_SINGLES, *_OVER_HTTP, *_COSTS, *_SIZES, *_BACKBONE)
NAMES = tuple(line.name for line in LINES)


def values_of(lines: tuple[Line, ...]) -> set[str]:
    """The values that these lines need."""
    return {name for line in lines for name in (line.value, line.reference) if name}
