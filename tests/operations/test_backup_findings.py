"""Which findings of restored books are new, and who decides when the checker cannot look."""

import pytest

from vaultcraft.backup.archive import BackupError
from vaultcraft.backup.checking import Findings, PassFindings, verdict

NONE = Findings(passes={})
CRASHED = PassFindings(found=1, places=("pass_failed pass sums of the platform",))


def found(*places: str, more: int = 0) -> Findings:
    one = PassFindings(found=len(places) + more, places=places)
    return Findings(passes={"sums": one})


def test_what_was_there_is_not_new() -> None:
    assert found("a", "b").new_since(found("b", "a", "c")) == []
    assert found("a", "b").new_since(found("a")) == ["sums: b"]
    assert found("a").new_since(NONE) == ["sums: a"]


def test_where_not_all_are_named_the_number_decides() -> None:
    assert found("b", "c", more=8).new_since(found("a", "b", more=8)) == []
    assert found("a", "b", more=9).new_since(found("a", "b", more=8)) == [
        "sums: 1 more than before"
    ]
    assert found("a", more=1).new_since(found("a")) == ["sums: 1 more than before"]


def test_new_findings_are_refused_until_they_are_accepted() -> None:
    with pytest.raises(BackupError, match="sums: b"):
        verdict(now=found("a", "b"), before=found("a"), accept=False)
    said = verdict(now=found("a", "b"), before=found("a"), accept=True)
    assert said == "FINDINGS, accepted:\n  sums: a\n  sums: b"
    assert verdict(now=NONE, before=found("a"), accept=False) == "The books stand."


def test_a_checker_that_cannot_look_does_not_decide() -> None:
    assert "could not look" in verdict(now=None, before=NONE, accept=False)
    crashed = Findings(passes={"sums": CRASHED})
    assert "pass_failed" in verdict(now=crashed, before=NONE, accept=False)
    with pytest.raises(BackupError, match="limits: a"):
        verdict(
            now=Findings(passes={"sums": CRASHED, "limits": PassFindings(found=1, places=("a",))}),
            before=NONE,
            accept=False,
        )


def test_a_manifest_keeps_them() -> None:
    kept = found("a", "b", more=3)
    assert Findings.of_manifest(kept.for_manifest()) == kept
    assert Findings.of_manifest(None) == NONE
