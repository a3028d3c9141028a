"""What the checker says of saved and of restored books, and whether anything of it is new."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from vaultcraft.backup.archive import BackupError
from vaultcraft.supervisor.programs import ROOT

# What the checker answers when it has looked: nothing found, or something.
LOOKED = (0, 1)
SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class PassFindings:
    """What one pass found: how many, and the places of the first of them."""

    found: int
    places: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether the pass could not look; that says nothing about the books."""
        return any(place.startswith("pass_failed ") for place in self.places)

    def new_since(self, before: Self) -> list[str]:
        """What is here and was not there. Places are compared where all of them were named."""
        if self.failed:
            return []
        named = before.found <= len(before.places)
        new = [place for place in self.places if named and place not in before.places]
        if not new and self.found > before.found:
            new = [f"{self.found - before.found:,} more than before"]
        return new


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What the checker found, by pass; passes that found nothing are left out."""

    passes: Mapping[str, PassFindings]

    @classmethod
    def of_report(cls, report: str) -> Self:
        """Read what `verify_books --format json` printed."""
        found = {
            one["name"]: PassFindings(
                found=one["found"], places=tuple(map(_place, one["findings"]))
            )
            for one in json.loads(report)["passes"]
        }
        return cls(passes={name: one for name, one in found.items() if one.found})

    @classmethod
    def of_manifest(cls, told: Mapping[str, Mapping[str, object]] | None) -> Self:
        """What stood in a manifest; nothing where it says nothing."""
        return cls(
            passes={
                name: PassFindings(found=int(str(one["found"])), places=_texts(one["places"]))
                for name, one in (told or {}).items()
            }
        )

    def for_manifest(self) -> dict[str, dict[str, object]]:
        """What to write into a manifest."""
        return {
            name: {"found": one.found, "places": list(one.places)}
            for name, one in self.passes.items()
        }

    def new_since(self, before: Self) -> list[str]:
        """What is here and was not there, as lines for a person."""
        nothing = PassFindings(found=0)
        return [
            f"{name}: {place}"
            for name, one in self.passes.items()
            for place in one.new_since(before.passes.get(name, nothing))
        ]

    def lines(self) -> Iterator[str]:
        """Every named place, as lines for a person."""
        for name, one in self.passes.items():
            yield from (f"{name}: {place}" for place in one.places)


def findings_of(*, environment: Mapping[str, str], snapshot: str | None = None) -> Findings | None:
    """Ask the checker, in a process of its own; None when it could not look, which it says itself.

    :param environment: what management commands need.
    :param snapshot: an exported snapshot to look at; the present when None.
    """
    more = ["--snapshot", snapshot] if snapshot else []
    done = subprocess.run(  # noqa: S603
        [sys.executable, "manage.py", "verify_books", "--no-record", "--format=json", *more],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode not in LOOKED:
        return None
    try:
        return Findings.of_report(done.stdout)
    except (ValueError, KeyError, TypeError):
        return None


def verdict(*, now: Findings | None, before: Findings, accept: bool) -> str:
    """Say how the restored books stand, beside the saved ones.

    :param accept: whether findings that were not there before are taken, too.
    :raises BackupError: there are some, and they are not.
    """
    if now is None:
        return "The checker could not look: whether the books stand is for `verify_books` to say."
    if not now.passes:
        return "The books stand."
    new = now.new_since(before)
    if new and not accept:
        raise BackupError(
            f"The books show what the saved ones did not:\n{_shown(new)}\n"
            "ACCEPT_FINDINGS=1 restores them as they are."
        )
    what = "FINDINGS, accepted" if new else "The books are as they were saved, with FINDINGS"
    return f"{what}:\n{_shown(list(now.lines()))}"


def _shown(lines: list[str]) -> str:
    more = [f"... and {len(lines) - SHOWN:,} more"] if len(lines) > SHOWN else []
    return "\n".join(f"  {line}" for line in (*lines[:SHOWN], *more))


def _place(finding: Mapping[str, object]) -> str:
    words = (finding["rule"], finding["subject"], finding["subject_id"])
    return f"{' '.join(map(str, words))} of {finding['organization_id'] or 'the platform'}"


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()
