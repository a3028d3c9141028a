"""Checks of the books that were made, and what they found."""

from __future__ import annotations

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from kernel.admin import ReadOnlyAdmin, ReadOnlyInline
from ledger.models import ReconcileFinding, ReconcileJob


class ReconcileFindingInline(ReadOnlyInline):
    """What one check found, pass by pass."""

    model = ReconcileFinding
    verbose_name_plural = "findings (the first hundred of each pass)"
    fields = ("check_name", "rule", "subject", "subject_id", "organization_id", "figures")
    readonly_fields = fields
    ordering = ("id",)

    @admin.display(description="Figures")
    def figures(self, finding: ReconcileFinding) -> str:
        """The figures that show it."""
        return ", ".join(f"{name} {value}" for name, value in finding.facts.items())


@admin.register(ReconcileJob)
class ReconcileJobAdmin(ReadOnlyAdmin):
    """Checks of the books, newest first, and what they found."""

    list_display = ("started_at", "verdict", "whole", "visited", "seconds", "organization", "door")
    list_filter = ("whole", "started_at")
    list_select_related = ("organization",)
    search_fields = ("id", "request_id")
    fields = (
        "verdict",
        "whole",
        "organization",
        "started_at",
        "seconds",
        "door",
        "request_id",
        "what_passes_saw",
        "what_is_not_verified",
    )
    readonly_fields = fields
    inlines = (ReconcileFindingInline,)

    @admin.display(description="Verdict", ordering="found")
    def verdict(self, job: ReconcileJob) -> str:
        """Whether somebody must look."""
        return f"{job.found:,} findings" if job.found else "Books stand"

    @admin.display(description="Seconds")
    def seconds(self, job: ReconcileJob) -> str:
        """How long the passes took."""
        return f"{(job.finished_at - job.started_at).total_seconds():.2f}"

    @admin.display(description="Passes")
    def what_passes_saw(self, job: ReconcileJob) -> SafeString:
        """Every pass with its claim, rows, findings and seconds."""
        return format_html(
            "<table><thead><tr><th>Pass</th><th>Rows</th><th>Findings</th><th>Seconds</th>"
            "<th>Claim</th></tr></thead><tbody>{}</tbody></table>",
            format_html_join(
                "",
                "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                (
                    (one["name"], one["visited"], one["found"], one["seconds"], one["claim"])
                    for one in job.passes
                ),
            ),
        )

    @admin.display(description="Not verified")
    def what_is_not_verified(self, job: ReconcileJob) -> SafeString:
        """What no pass looked at."""
        items = format_html_join("", "<li>{}</li>", ((what,) for what in job.not_verified))
        return format_html("<ul>{}</ul>", items)
