"""After the load: do the books stand? The product's own checker, as the auditor role."""

from __future__ import annotations

import dataclasses

from bench.cluster import BOOKS, LARGE, Cluster

# Where only the books are written to, and where a million deposits are made up, movements have no
# transfer that asked for them.
_NOT_ASKED = {BOOKS: frozenset({"by_transfer"}), LARGE: frozenset({"by_transfer"})}


@dataclasses.dataclass(frozen=True)
class Pass:
    """One question to the books and its answer."""

    name: str
    checked: int
    findings: int
    seconds: float


def verify_books(cluster: Cluster) -> list[Pass]:
    """Run the checker's passes on the product's database and on the copies that are measured."""
    passes = _verified(cluster.auditor_url, "")
    for copy in (BOOKS, LARGE):
        if cluster.has_database(copy):
            passes += _verified(cluster.auditor_url_of(copy), copy)
    return passes


def _verified(url: str, copy: str) -> list[Pass]:
    # Need Django.
    from kernel.auditor import auditor_snapshot
    from ledger import checker

    asked = {one.name for one in checker.registered()} - _NOT_ASKED.get(copy, frozenset())
    with auditor_snapshot(url=url) as connection:
        report = checker.verify_books(connection=connection, names=asked)
    prefix = f"{copy}: " if copy else ""
    return [
        Pass(f"{prefix}{one.name}: {one.claim}", one.visited, one.found, round(one.seconds, 3))
        for one in report.passes
    ]
