"""The checker's own look at the audit chain: in SQL, and without a key."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from audit.tests.test_seals import FORGERIES, forge, three_seals
from ledger.checker import verify_books

__all__ = ["forge"]  # a fixture

pytestmark = pytest.mark.usefixtures("committed_db")

# What it calls the forgeries that leave a trace without a key.
RULES = {
    "a record changed": {"sealed_record_is_as_it_was"},
    "a name changed": {"sealed_record_is_as_it_was"},
    "a record removed": {"sealed_record_is_there"},
    "two records in each other's place": {"sealed_record_is_as_it_was"},
    "a seal removed from the middle": {"seal_follows_another", "old_record_is_sealed"},
    "a record and its leaf": set(),
    "a record slipped in among old ones": {"old_record_is_sealed"},
    "a seal that says to go further than it does": set(),
    "the last seals removed": {"last_seal_is_there", "old_record_is_sealed"},
}


def found() -> set[str]:
    (report,) = verify_books(names=["sealed"]).passes
    assert report.visited >= 8
    return {finding.rule for finding in report.findings}


def test_a_sound_chain_has_no_findings() -> None:
    three_seals()
    assert found() == set()


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("UPDATE audit_auditchain SET line = '99999999'", "line_is_sealed"),
        ("UPDATE audit_auditchain SET refused_since = now()", "sealing_goes_on"),
        ("DELETE FROM audit_auditchain", "last_seal_is_there"),
        ("DELETE FROM audit_auditseal; DELETE FROM audit_auditrecord", "last_seal_is_there"),
    ],
)
def test_what_is_known_of_the_chain_is_compared(
    statement: str, rule: str, forge: Callable[..., None]
) -> None:
    three_seals()
    forge(statement)
    (report,) = verify_books(names=["sealed"]).passes
    assert {finding.rule for finding in report.findings} == {rule}


@pytest.mark.parametrize("name", FORGERIES)
def test_what_was_changed_is_found(name: str, forge: Callable[..., None]) -> None:
    three_seals()
    forge(FORGERIES[name][0])
    assert found() == RULES[name]
