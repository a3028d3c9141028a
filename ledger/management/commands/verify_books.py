"""`manage.py verify_books`: do the books stand? Exits 1 when they do not."""

from __future__ import annotations

import argparse
import sys
import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kernel.errors import VaultCraftError
from kernel.ids import MalformedId, decode
from ledger.checker import NOT_VERIFIED, PassReport, Report, registered, verify_books

FINDINGS_SHOWN = 10


class Command(BaseCommand):
    """Reads one snapshot as the auditor; takes no locks."""

    help = "Check the books: every sum, version, balance, bound and count. Exits 1 on a finding."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organization", type=_organization, help="org_... or a UUID")
        parser.add_argument(
            "--pass",
            dest="names",
            action="append",
            default=[],
            choices=[one.name for one in registered()],
            help="run this pass only; may be repeated",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = verify_books(organization_id=options["organization"], names=options["names"])
        except VaultCraftError as error:
            raise CommandError(f"{error.code}: {error.detail}") from error
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
        verdict = "ok" if not one.found else f"{one.found:,} FINDINGS"
        figures = f"{one.name:<14}{one.visited:>12,} rows  {one.seconds:>7.2f} s"
        self.stdout.write(f"{figures}  {verdict:<14} {one.claim}")
        for finding in one.findings[:FINDINGS_SHOWN]:
            self.stdout.write(f"    {finding}")


def _organization(text: str) -> uuid.UUID:
    try:
        return decode("org", text) if text.startswith("org_") else uuid.UUID(text)
    except (MalformedId, ValueError):
        raise argparse.ArgumentTypeError("write it like org_... or as a UUID") from None
