"""Do the books stand? Named passes over one snapshot, read as the auditor.

A pass looks at rows and names those that break a rule. The ledger's own passes are below; rooms
above register theirs in `apps.ready()`, so the checker needs to know nobody. It reads with SQL of
its own, not through the models and services whose work it checks.
"""

from __future__ import annotations

from ledger.checker.passes import Pass, register, registered
from ledger.checker.report import NOT_VERIFIED, Finding, PassReport, Report
from ledger.checker.running import require_organization, verify_books

__all__ = [
    "NOT_VERIFIED",
    "Finding",
    "Pass",
    "PassReport",
    "Report",
    "register",
    "registered",
    "require_organization",
    "verify_books",
]
