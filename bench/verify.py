"""After the load: do the books stand? The product's own checker, as the auditor role."""

from __future__ import annotations

import dataclasses

from bench.cluster import LARGE, Cluster

# Loads of the books alone post what no customer asked for, so there is no transfer to look for.
NOT_ASKED = frozenset({"by_transfer"})


@dataclasses.dataclass(frozen=True)
class Pass:
    """One question to the books and its answer."""

    name: str
    checked: int
    findings: int
    seconds: float


def verify_books(cluster: Cluster) -> list[Pass]:
    """Run the passes of the checker on the database that was written to, and on the large copy."""
    passes = _verified(cluster.auditor_url, "")
    if cluster.has_database(LARGE):
        passes += _verified(cluster.auditor_url_of(LARGE), f"{LARGE}: ")
    return passes


def _verified(url: str, prefix: str) -> list[Pass]:
    # Needs Django.
    from ledger import checker

    asked = {one.name for one in checker.registered()} - NOT_ASKED
    with checker.auditor_snapshot(url=url) as connection:
        report = checker.verify_books(connection=connection, names=asked)
    return [
        Pass(f"{prefix}{one.name}: {one.claim}", one.visited, one.found, round(one.seconds, 3))
        for one in report.passes
    ]
