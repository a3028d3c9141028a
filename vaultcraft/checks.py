"""`make check`: everything CI demands besides the tests, each step named and timed.

All steps run even when one fails, so that one round shows all there is to mend. Two run at a time:
the types take as long as all others together.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from difflib import unified_diff
from functools import partial
from pathlib import Path

from vaultcraft import asvs, threat_model
from vaultcraft.embedded.secrets import throwaway_secrets

Check = Callable[[], str | None]  # returns its complaint

ROOT = Path(__file__).resolve().parent.parent
DIFF_LINES_SHOWN = 40
STEPS_AT_ONCE = 2
STEP_SECONDS = 600
OPENAPI = "docs/openapi.json"
OPENAPI_COMMAND = ("-m", "vaultcraft.schema_text")
# Other documents made from the code: their commands write them, and compare them with `--check`.
DOCUMENT_COMMANDS: Mapping[str, Sequence[str]] = {
    "docs/events": ("manage.py", "event_schemas", "--directory", "docs/events"),
    "docs/permissions.md": ("manage.py", "permissions_table"),
}


@dataclass(frozen=True, kw_only=True)
class Step:
    """One check: a command of the interpreter, and what it needs to know."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


def main() -> int:
    """Run the checks, or write the documents; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write-schemas", action="store_true")
    if parser.parse_args().write_schemas:
        return _write_documents()
    checks: list[tuple[str, Check]] = [(step.name, partial(_run, step)) for step in _steps()]
    checks += [
        (OPENAPI, _openapi_differs),
        (asvs.DOCUMENT, asvs.complaint),
        (threat_model.DOCUMENT, threat_model.complaint),
    ]
    with ThreadPoolExecutor(max_workers=STEPS_AT_ONCE) as pool:
        passed = list(pool.map(_timed, *zip(*checks, strict=True)))
    failed = [name for (name, _), fine in zip(checks, passed, strict=True) if not fine]
    print(f"\nFailed: {', '.join(failed)}" if failed else "\nAll checks passed.")
    return 1 if failed else 0


def production_environment() -> dict[str, str]:
    """Return a complete production environment with secrets nobody keeps."""
    return {
        **throwaway_secrets().environment(),
        "DJANGO_SETTINGS_MODULE": "vaultcraft.settings.production",
        "VAULTCRAFT_BASE_URL": "https://wallet.invalid",
        "VAULTCRAFT_ALLOWED_HOSTS": "wallet.invalid",
        "VAULTCRAFT_HEADS_FILE": "/nowhere/audit-heads.jsonl",
        "DATABASE_URL": "postgresql://vaultcraft_app@127.0.0.1:1/vaultcraft",
        "DATABASE_OWNER_URL": "postgresql://vaultcraft_owner@127.0.0.1:1/vaultcraft",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "NATS_URL": "nats://127.0.0.1:1",
    }


def _steps() -> list[Step]:
    """Return the steps, the longest first and then the quick ones."""
    return [
        Step(name="types", arguments=["-m", "mypy", "."]),
        Step(name="lint", arguments=["-m", "ruff", "check", "."]),
        Step(name="format", arguments=["-m", "ruff", "format", "--check", "."]),
        Step(
            name="imports",
            arguments=[
                "-c",
                "import sys; from importlinter.cli import lint_imports_command as c; c()",
            ],
        ),
        Step(
            name="migrations",
            arguments=["-W", "ignore::RuntimeWarning", "manage.py", "makemigrations", "--check"],
        ),
        Step(
            name="deploy",
            arguments=["manage.py", "check", "--deploy", "--fail-level", "WARNING"],
            environment=production_environment(),
        ),
        *(
            Step(name=name, arguments=[*command, "--check"])
            for name, command in DOCUMENT_COMMANDS.items()
        ),
    ]


def _timed(name: str, check: Check) -> bool:
    """Run one check and print its verdict; tell whether it passed."""
    started = time.monotonic()
    complaint = check()
    verdict = "ok" if complaint is None else "FAILED"
    line = f"{name:<20} {verdict:<7} {time.monotonic() - started:5.1f} s"
    print(line if complaint is None else f"{line}\n{complaint}", flush=True)
    return complaint is None


def _run(step: Step) -> str | None:
    """Run a command; return what it said when it failed."""
    done = subprocess.run(
        [sys.executable, *step.arguments],
        cwd=ROOT,
        env={**_without_servers(), **step.environment},
        capture_output=True,
        text=True,
        timeout=STEP_SECONDS,
        check=False,
    )
    return None if done.returncode == 0 else done.stdout + done.stderr


def _openapi_differs() -> str | None:
    """Compare the checked-in schema with the code; return the difference."""
    path = ROOT / OPENAPI
    kept = path.read_text().splitlines() if path.exists() else []
    made = _output(OPENAPI_COMMAND).splitlines()
    difference = list(unified_diff(kept, made, OPENAPI, "the code", lineterm="", n=1))
    shown = "\n".join(difference[:DIFF_LINES_SHOWN])
    return f"{shown}\nRun `make schema` and commit the difference." if difference else None


def _write_documents() -> int:
    """Write the documents anew."""
    (ROOT / OPENAPI).write_text(_output(OPENAPI_COMMAND))
    for command in DOCUMENT_COMMANDS.values():
        _output(command)
    print(f"Wrote {', '.join([OPENAPI, *DOCUMENT_COMMANDS])}")
    return 0


def _output(command: Sequence[str]) -> str:
    """Return what a command of the interpreter prints."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=_without_servers(),
        stdout=subprocess.PIPE,
        text=True,
        timeout=STEP_SECONDS,
        check=True,
    ).stdout


def _without_servers() -> dict[str, str]:
    """Return our environment with the local settings: no check may depend on a running server."""
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "vaultcraft.settings.local"}


if __name__ == "__main__":
    sys.exit(main())
