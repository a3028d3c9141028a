from django.apps import AppConfig


class WalletsConfig(AppConfig):
    name = "wallets"
    verbose_name = "Wallets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Give the checker the passes over transfers, and the vault this room's sealed column."""
        from accounts.services.vault import SealedColumn, register_sealed_column
        from ledger.checker import register
        from wallets.checker import PASSES

        register(*PASSES)
        register_sealed_column(SealedColumn("wallets_accountnumber", "sealed"))
