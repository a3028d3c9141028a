"""`manage.py verify_books`: do the books stand? Exits 1 when they do not."""

from __future__ import annotations

import json
import sys
import uuid
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError, CommandParser

from kernel import clock
from kernel.actor import Door, system
from kernel.errors import VaultCraftError
from kernel.ids import new_id
from ledger.checker import NOT_VERIFIED, Finding, PassReport, Report, registered, verify_books
from ledger.management.arguments import organization_id
from ledger.services.reconciliation import reconcile

FINDINGS_SHOWN = 10


class Command(BaseCommand):
    """Reads one snapshot as the auditor; takes no locks."""

    requires_system_checks = ()  # the books are asked even where the doors are broken
    help = "Check the books: every sum, version, balance, bound and count. Exits 1 on a finding."

    def add_arguments(self, parser: CommandParser) -> None:
        names = [one.name for one in registered()]
        parser.add_argument("--organization", type=organization_id, help="org_... or a UUID")
        parser.add_argument(
            "--pass",
            dest="names",
            action="append",
            default=[],
            choices=names,
            metavar="NAME",
            help=f"run this pass only; may be repeated. There are: {', '.join(names)}",
        )
        parser.add_argument("--format", choices=["text", "json"], default="text")
        parser.add_argument(
            "--snapshot", help="read in this exported snapshot; only together with --no-record"
        )
        parser.add_argument(
            "--no-record", action="store_true", help="keep no job and raise no alarm"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = _report(options)
        except VaultCraftError as error:
            raise CommandError(f"{error.code}: {error.detail}") from error
        except psycopg.OperationalError as error:
            raise CommandError(f"The books could not be read: {error}") from None
        if options["format"] == "json":
            self.stdout.write(json.dumps(_as_json(report), indent=2))
        else:
            self._tell(report)
        if not report.clean:
            sys.exit(1)

    def _tell(self, report: Report) -> None:
        for one in report.passes:
            self._tell_pass(one)
        verdict = "The books stand." if report.clean else f"{report.found:,} FINDINGS."
        self.stdout.write(f"{verdict} {report.visited:,} rows in {report.seconds:.2f} s.")
        self.stdout.write("Not verified:")
        for what in NOT_VERIFIED:
            self.stdout.write(f"  - {what}")

    def _tell_pass(self, one: PassReport) -> None:
        verdict = f"{one.found:,} FINDINGS" if one.found else "ok"
        figures = f"{one.name:<14}{one.visited:>12,} rows  {one.seconds:>7.2f} s"
        self.stdout.write(f"{figures}  {verdict:<14} {one.claim}")
        for finding in one.findings[:FINDINGS_SHOWN]:
            self.stdout.write(f"    {finding}")
        if one.found > FINDINGS_SHOWN:
            self.stdout.write(f"    ... and {one.found - FINDINGS_SHOWN:,} more")


def _report(options: dict[str, Any]) -> Report:
    if options["no_record"]:
        return verify_books(
            organization_id=options["organization"],
            names=options["names"],
            snapshot=options["snapshot"],
        )
    if options["snapshot"]:
        raise CommandError("--snapshot needs --no-record: what is kept was seen just now.")
    return reconcile(
        actor=system(door=Door.COMMAND, request_id=f"verify_books-{new_id()}"),
        organization_id=options["organization"],
        names=options["names"],
        now=clock.now(),
    )


def _as_json(report: Report) -> dict[str, object]:
    return {
        "clean": report.clean,
        "organization_id": _text(report.organization_id),
        "visited": report.visited,
        "found": report.found,
        "seconds": round(report.seconds, 3),
        "passes": [
            {
                "name": one.name,
                "claim": one.claim,
                "visited": one.visited,
                "found": one.found,
                "seconds": round(one.seconds, 3),
                "findings": [_finding_as_json(finding) for finding in one.findings],
            }
            for one in report.passes
        ],
        "not_verified": list(NOT_VERIFIED),
    }


def _finding_as_json(finding: Finding) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "organization_id": _text(finding.organization_id),
        "subject": finding.subject,
        "subject_id": finding.subject_id,
        "facts": dict(finding.facts),
    }


def _text(value: uuid.UUID | None) -> str | None:
    return str(value) if value else None
