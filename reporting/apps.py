"""The room's entry in INSTALLED_APPS."""

from __future__ import annotations

from django.apps import AppConfig


class ReportingConfig(AppConfig):
    name = "reporting"
    verbose_name = "Reporting"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Take events in, and name what may wait for a second person."""
        from events.consuming import register
        from reporting.consumers import BALANCES
        from reporting.services.pending_kinds import register_kinds

        register(BALANCES)
        register_kinds()
