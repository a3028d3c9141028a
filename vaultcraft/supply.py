"""What the product is made of, and whether anything of it is known to be unsafe.

`make sbom` writes the inventory of `requirements.txt` as CycloneDX; `make vulnerabilities` asks
the advisories of the Python Package Index, by pip-audit. Both tools are development requirements.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = "requirements.txt"
SBOM = "sbom.json"
SPECIFICATION = "1.6"  # of CycloneDX: ECMA-424
CLEAN, VULNERABLE, UNKNOWN = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what is asked; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    asked = parser.add_subparsers(dest="asked", required=True)
    asked.add_parser("sbom").add_argument("--to", type=Path, default=ROOT / SBOM)
    asked.add_parser("vulnerabilities")
    given = parser.parse_args(arguments)
    if given.asked == "sbom":
        return write_sbom(given.to)
    code, words = audited()
    print(words, file=sys.stderr if code else sys.stdout)
    return code


def write_sbom(to: Path) -> int:
    """Write every pinned library with version, package URL and hashes; the same bytes each time.

    The tool holds what it writes against the schema of CycloneDX before it writes it.
    """
    options = ["--pyproject", "pyproject.toml", "--spec-version", SPECIFICATION]
    output = ["--output-format", "JSON", "--output-reproducible", "--validate"]
    # The tool warns that a list of requirements does not say which of them needs which.
    tool = [sys.executable, "-W", "ignore::UserWarning", "-m", "cyclonedx_py", "requirements"]
    command = [*tool, REQUIREMENTS, *options, *output, "--output-file", str(to.resolve())]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def audited() -> tuple[int, str]:
    """The exit code and what to say of the pinned libraries' known vulnerabilities."""
    options = ["--require-hashes", "--disable-pip", "--progress-spinner", "off"]
    command = [sys.executable, "-m", "pip_audit", "-r", REQUIREMENTS, *options, "-f", "json"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    try:
        return verdict(json.loads(done.stdout))
    except ValueError:
        why = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        return UNKNOWN, f"Nothing was checked: the database could not be reached. {why}"


def verdict(report: Mapping[str, Any]) -> tuple[int, str]:
    """What a report of pip-audit means.

    The tool calls libraries that the database does not know skipped and ends well all the same;
    what was not looked up is not clean.
    """
    found = report["dependencies"]
    bad = [
        f"{one['name']} {one['version']}: {flaw['id']}, fixed in "
        f"{', '.join(flaw['fix_versions']) or 'no version yet'}"
        for one in found
        for flaw in one.get("vulns", ())
    ]
    skipped = [one["name"] for one in found if "skip_reason" in one]
    missing = f"Not checked, unknown to the database: {', '.join(skipped)}."
    if bad:
        return VULNERABLE, "\n".join([*bad, *([missing] if skipped else [])])
    if len(skipped) == len(found):
        return UNKNOWN, "Nothing was checked: the database knows none of these libraries."
    if skipped:
        return UNKNOWN, f"{len(skipped)} of {len(found)} libraries were not checked. {missing}"
    return CLEAN, f"No known vulnerability in {len(found)} libraries."


if __name__ == "__main__":
    sys.exit(main())
