from django.apps import AppConfig


class WalletsConfig(AppConfig):
    name = "wallets"
    verbose_name = "Wallets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Give the checker the passes over transfers; make payments known that may wait."""
        from ledger.checker import register
        from wallets.checker import PASSES
        from wallets.services.pending_kinds import register_kinds

        register(*PASSES)
        register_kinds()
