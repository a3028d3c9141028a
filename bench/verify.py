"""After the load: do the books stand? The product's own checker, as the auditor role."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Pass:
    """One question to the books and its answer."""

    name: str
    checked: int
    findings: int
    seconds: float


def verify_books(*, auditor_url: str) -> list[Pass]:
    """Run every pass of the checker; Django must be set up."""
    from ledger import checker

    with checker.auditor_snapshot(url=auditor_url) as connection:
        report = checker.verify_books(connection=connection)
    return [
        Pass(f"{one.name}: {one.claim}", one.visited, one.found, round(one.seconds, 3))
        for one in report.passes
    ]
