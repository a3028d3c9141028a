"""`python -m audit.offline EXPORT`: does the chain stand? Needs no server and no Django.

EXPORT is what `manage.py export_audit` wrote, or with `--proof` one record's proof, as
`manage.py prove_audit` prints it. `--heads` compares it with the file the product tells
its heads to, which shows an end that was cut off or another history; `--keys` trusts these public
keys instead of those in the export. Exits 1 when something is wrong, and says where.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from audit import chain

Line = Mapping[str, Any]
# What was written is sealed within a minute; what waits longer is kept from it.
UNSEALED_AT_MOST_US = 5 * 60 * 1_000_000


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was sealed.

    :param rule: which promise is broken; stable.
    :param place: where: a seal's number, or a record's sequence in it.
    """

    rule: str
    place: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.place}"


@dataclasses.dataclass(slots=True)
class Seen:
    """What a look at the lines has come to.

    :param digests: those of the seals, by number.
    :param late: how many records wait to be sealed for too long, and `latest` is the first of them.
    """

    findings: list[Finding] = dataclasses.field(default_factory=list)
    digests: dict[int, str] = dataclasses.field(default_factory=dict)
    records: int = 0
    unsealed: int = 0
    late: int = 0
    latest: str = ""


def verify(lines: Iterable[Line], *, keys: Mapping[str, str], heads: Iterable[Line] = ()) -> Seen:
    """Look at an export line by line, and then at what was told elsewhere.

    :param lines: one about the export itself, then each ``seal`` followed by its ``record`` lines
        in their order, then ``unsealed`` records; see `audit.exporting`.
    :param keys: public keys in PEM form, by key id.
    :param heads: heads as they were told, oldest first.
    """
    seen = Seen()
    rest = iter(lines)
    about = next(rest, {})
    _seals(rest, about.get("exported_at_us"), keys, seen)
    seen.findings.extend(_end(about.get("chain"), seen.digests))
    if seen.late:
        place = f"record {seen.latest}, {seen.late:,} such"
        seen.findings.append(Finding("record_is_sealed_in_time", place))
    seen.findings.extend(_told_otherwise(heads, keys, seen.digests))
    return seen


def _seals(
    lines: Iterator[Line], exported_at_us: int | None, keys: Mapping[str, str], seen: Seen
) -> None:
    before = (0, chain.BEGINNING)
    opened: Line | None = None
    records: list[list[str | None]] = []
    for line in lines:
        if "record" in line:
            records.append(line["record"])
            continue
        if opened is not None:
            before = _seal(opened, records, before, keys, seen)
        opened, records = line.get("seal"), []
        if "unsealed" in line:
            _unsealed(line, exported_at_us, seen)
    if opened is not None:
        _seal(opened, records, before, keys, seen)


def _unsealed(line: Line, exported_at_us: int | None, seen: Seen) -> None:
    """Judge one record that no seal holds. A date far ahead would never grow old, so it counts."""
    seen.unsealed += 1
    sequence, _, at_us, *_ = line["unsealed"]
    if line.get("passed"):
        seen.findings.append(Finding("old_record_is_sealed", f"record {sequence}"))
    elif exported_at_us and abs(exported_at_us - int(at_us)) > UNSEALED_AT_MOST_US:
        seen.late += 1
        seen.latest = seen.latest or sequence


def _end(known: Line | None, digests: Mapping[int, str]) -> Iterator[Finding]:
    """Judge the end of the chain by what the database knows of it beside the seals."""
    if known is None:
        return
    last = max(digests, default=0)
    if known["number"] != last or (last and digests[last] != known["digest"]):
        yield Finding("last_seal_is_there", f"seal {known['number'] or 'unknown'}")
    if known["refused_because"]:
        yield Finding("sealing_goes_on", known["refused_because"])


def _seal(
    line: Line,
    records: list[list[str | None]],
    before: tuple[int, bytes],
    keys: Mapping[str, str],
    seen: Seen,
) -> tuple[int, bytes]:
    """Judge one seal with its records; its number and digest."""
    leaves = [bytes.fromhex(leaf) for leaf in line["leaves"]]
    seal = chain.Seal(
        number=line["number"],
        sealed_at_us=line["sealed_at_us"],
        record_count=len(leaves),
        root=chain.root_of(leaves),
        previous=before[1],
        up_to=line.get("up_to"),
    )
    place = f"seal {seal.number}"
    if seal.number != before[0] + 1:
        seen.findings.append(Finding("seal_follows_another", place))
    if seal.digest.hex() != line["digest"] or len(line["sequences"]) != len(leaves):
        seen.findings.append(Finding("seal_is_as_it_was", place))
    if not chain.is_signed(
        bytes.fromhex(line["digest"]),
        signature=bytes.fromhex(line["signature"]),
        kid=line["kid"],
        keys=keys,
    ):
        seen.findings.append(Finding("seal_is_signed", place))
    seen.findings.extend(_records(line, records))
    seen.records += len(records)
    seen.digests[seal.number] = line["digest"]
    return seal.number, bytes.fromhex(line["digest"])


def _records(line: Line, records: list[list[str | None]]) -> Iterator[Finding]:
    found = {str(texts[0]): chain.record_digest(texts).hex() for texts in records}
    for sequence, leaf in zip(line["sequences"], line["leaves"], strict=False):
        digest = found.get(str(sequence))
        if digest != leaf:
            rule = "record_is_there" if digest is None else "record_is_as_it_was"
            yield Finding(rule, f"seal {line['number']}, record {sequence}")


def _told_otherwise(
    heads: Iterable[Line], keys: Mapping[str, str], digests: Mapping[int, str]
) -> Iterator[Finding]:
    for head in heads:
        place = f"seal {head['number']}"
        if head["number"] == 0:
            continue  # the file begins before the first seal
        if "begun" not in head and not _is_head(head, keys):
            yield Finding("head_is_signed", place)
        elif head["number"] not in digests:
            yield Finding("told_seal_is_there", place)
        elif digests[head["number"]] != head["digest"]:
            yield Finding("told_seal_is_as_it_was", place)


def _is_head(head: Line, keys: Mapping[str, str]) -> bool:
    signature, digest = (bytes.fromhex(head[name]) for name in ("signature", "digest"))
    return chain.is_signed(digest, signature=signature, kid=head["kid"], keys=keys)


def proves(proof: Line, *, keys: Mapping[str, str]) -> bool:
    """Whether a record is under a seal that one of the keys signed (RFC 9162 section 2.1.3.2)."""
    told = proof["seal"]
    root = chain.root_by_path(
        digest=chain.record_digest(proof["record"]),
        place=proof["place"],
        count=told["record_count"],
        path=[bytes.fromhex(step) for step in proof["path"]],
    )
    if root is None:
        return False
    previous = bytes.fromhex(told["previous"])
    numbers = {name: told[name] for name in ("number", "sealed_at_us", "record_count")}
    seal = chain.Seal(**numbers, root=root, previous=previous, up_to=told.get("up_to"))
    digest = seal.digest
    signature = bytes.fromhex(told["signature"])
    return chain.is_signed(digest, signature=signature, kid=told["kid"], keys=keys)


def read_lines(path: Path) -> Iterator[Line]:
    """The lines of a file of JSON objects."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def main(arguments: list[str] | None = None) -> int:
    """Verify an export and tell what was found; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m audit.offline", description=__doc__)
    parser.add_argument("export", type=Path)
    parser.add_argument("--heads", type=Path, help="the file the product tells its heads to")
    parser.add_argument("--keys", type=Path, help="public keys to trust: JSON, PEM by key id")
    parser.add_argument("--proof", action="store_true", help="EXPORT is the proof of one record")
    given = parser.parse_args(arguments)
    lines = read_lines(given.export)
    first = next(lines, {})
    keys = json.loads(given.keys.read_text()) if given.keys else first.get("keys", {})
    if given.proof:
        return _judged(first, keys)
    heads = read_lines(given.heads) if given.heads else ()
    seen = verify(itertools.chain([first], lines), keys=keys, heads=heads)
    print("\n".join(told(seen)))  # noqa: T201 - what the program is for
    return 1 if seen.findings else 0


def _judged(proof: Line, keys: Mapping[str, str]) -> int:
    proven = proves(proof, keys=keys)
    number = proof["seal"]["number"]
    print("The record is" if proven else "THE RECORD IS NOT", f"under seal {number}.")  # noqa: T201
    return 0 if proven else 1


def told(seen: Seen) -> Iterator[str]:
    """What to tell of a look, line by line."""
    yield from map(str, seen.findings)
    verdict = f"{len(seen.findings):,} FINDINGS" if seen.findings else "The chain stands"
    yield (
        f"{verdict}: {len(seen.digests):,} seals over {seen.records:,} records,"
        f" {seen.unsealed:,} not sealed yet."
    )


if __name__ == "__main__":
    sys.exit(main())
