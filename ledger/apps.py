from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "ledger"
    verbose_name = "Ledger"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Give the checker the passes over the books themselves."""
        from ledger.checker import register
        from ledger.checker.own import PASSES

        register(*PASSES)
