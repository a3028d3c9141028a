from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "ledger"
    verbose_name = "Ledger"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Give the checker its passes, and every new organization its chart of accounts."""
        from accounts.services.founding import at_founding
        from ledger.checker import register
        from ledger.checker.own import PASSES
        from ledger.services.chart import found_chart

        register(*PASSES)
        at_founding(found_chart)
