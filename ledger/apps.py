from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "ledger"
    verbose_name = "Ledger"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Give the checker its passes, every new organization its chart, and name what may wait."""
        from accounts.services.founding import at_founding
        from ledger.checker import register
        from ledger.checker.own import PASSES
        from ledger.services.chart import found_chart
        from ledger.services.pending_kinds import register_kinds

        register(*PASSES)
        at_founding(found_chart)
        register_kinds()
