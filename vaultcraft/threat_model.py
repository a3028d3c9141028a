"""Is `docs/threat-model.md` true of the tests: those it names exist, and each attack has one."""

import re
from collections.abc import Iterator
from pathlib import Path

from vaultcraft.named_tests import exists

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = "docs/threat-model.md"
# What the product promises to withstand; each has a row of the table "Attacks and their tests".
ATTACKS = (
    "token without an algorithm",
    "token of another key",
    "token for another audience",
    "token that expired",
    "token of another type",
    "refresh token shown again",
    "refresh tokens raced",
    "one-time code shown again",
    "one-time code raced",
    "one-time code for another act",
    "100 PIN guesses at once",
    "one PIN at many people",
    "approval shown again",
    "approval with something altered",
    "forged host",
    "forged proxy headers",
    "forged form",
    "open redirect",
    "planted session",
    "who has an account, by time",
    "who has an account, by wording",
    "ciphertext moved to another row",
    "rotation of keys killed half-way",
    "bomb",
    "polyglot",
    "oversized upload",
    "formula in an export",
    "mass assignment",
    "webhook into our network",
    "another organization's id",
)
_TEST = re.compile(r"`([\w/]+\.py::\w+)`")
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
_ROW = re.compile(r"^\| ([^|]+?) \| (.+) \|$", re.MULTILINE)


def complaint(root: Path = ROOT) -> str | None:
    """Return what is wrong with the document, None when nothing is."""
    found = faults((root / DOCUMENT).read_text(), root)
    return "\n".join(f"{DOCUMENT}: {fault}" for fault in found) or None


def faults(text: str, root: Path) -> list[str]:
    """Return what is wrong with a text of this document: tests, links, attacks."""
    return [*_missing_tests(text, root), *_dead_links(text, root), *_untested(text)]


def _missing_tests(text: str, root: Path) -> Iterator[str]:
    named = dict.fromkeys(_TEST.findall(text))
    yield from (f"{test} does not exist" for test in named if not exists(test, root))


def _dead_links(text: str, root: Path) -> Iterator[str]:
    folder = (root / DOCUMENT).parent
    links = dict.fromkeys(_LINK.findall(text))
    yield from (f"{link} leads nowhere" for link in links if not (folder / link).exists())


def _untested(text: str) -> Iterator[str]:
    tested = {attack for attack, row in _ROW.findall(text) if _TEST.search(row)}
    yield from (f"{attack!r} has no row with a test" for attack in ATTACKS if attack not in tested)
