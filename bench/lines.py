"""The lines of the table: what is measured, beside what, and the mark to reach."""

from __future__ import annotations

import dataclasses

BOOKS = "account, transaction, entry"
WHOLE = f"{BOOKS}, transfer, audit, outbox"
HTTP = f"{WHOLE}, idempotency"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Line:
    """One line. `value` and `reference` name measurements of the same run."""

    name: str
    what: str
    unit: str
    value: str
    reference: str | None = None
    reference_name: str = ""
    mark: float | None = None
    writes: str = ""


LINES = (
    Line(
        name="books_alone",
        what="Books alone, batch of 100, 1 process",
        unit="transfers/s",
        value="books_one",
        reference="set_based",
        reference_name="the same rows by set-based SQL, 1 backend",
        mark=0.45,
        writes=BOOKS,
    ),
    Line(
        name="books_alone_many",
        what="Books alone, batch of 100, {writers} processes",
        unit="transfers/s",
        value="books_many",
        reference="tpcb",
        reference_name="pgbench TPC-B, 8 clients",
        mark=1.8,
        writes=BOOKS,
    ),
    Line(
        name="whole_transfer",
        what="Whole transfer, batch of 100, {writers} processes",
        unit="transfers/s",
        value="whole_many",
        reference="tpcb",
        reference_name="pgbench TPC-B, 8 clients",
        mark=0.8,
        writes=WHOLE,
    ),
    Line(
        name="whole_transfer_across",
        what="Whole transfer across organizations, batch of 100, {writers} processes",
        unit="transfers/s",
        value="across_many",
        reference="whole_many",
        reference_name="whole transfer inside one, batch of 100",
        writes=f"twice: {BOOKS}, audit, outbox; transfer",
    ),
    Line(
        name="whole_transfer_single",
        what="Whole transfer, one at a time, 1 process",
        unit="transfers/s",
        value="whole_single",
        reference="hordak",
        reference_name="django-hordak 2.0.0 transfer_to, 1 process",
        mark=1.0,
        writes=WHOLE,
    ),
    Line(
        name="whole_transfer_single_many",
        what="Whole transfer, one at a time, 8 processes",
        unit="transfers/s",
        value="single_many",
        writes=WHOLE,
    ),
    Line(
        name="http_single",
        what="HTTP, one transfer a request, 32 clients",
        unit="transfers/s",
        value="http_single",
        reference="http_empty",
        reference_name="an empty authenticated DRF view",
        mark=0.2,
        writes=HTTP,
    ),
    Line(
        name="http_bulk",
        what="HTTP, bulk of 100, {bulk_clients} clients",
        unit="transfers/s",
        value="http_bulk",
        reference="whole_many",
        reference_name="whole transfer, batch of 100",
        mark=0.5,
        writes=HTTP,
    ),
    Line(
        name="marginal_whole_transfer",
        what="What transfer, audit and outbox add to the books",
        unit="us/transfer",
        value="marginal",
        writes="transfer, audit, outbox",
    ),
    Line(
        name="bytes_per_transfer",
        what="Whole transfer on disk, indexes included",
        unit="bytes",
        value="bytes",
        writes=WHOLE,
    ),
)
NAMES = tuple(line.name for line in LINES)


def measurements_of(lines: tuple[Line, ...]) -> set[str]:
    """The measurements that these lines need."""
    needed = {name for line in lines for name in (line.value, line.reference) if name}
    if "marginal" in needed:
        needed |= {"books_many", "whole_many"}
    if "bytes" in needed:
        needed |= {"whole_many"}
    return needed - {"marginal", "bytes"}
