from django.apps import AppConfig


class WalletsConfig(AppConfig):
    name = "wallets"
    verbose_name = "Wallets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the checker of transfers, the vault what is sealed here, and which acts may wait."""
        from accounts.services.vault import SealedColumn, register_sealed_column
        from ledger.checker import register
        from wallets.checker import PASSES
        from wallets.services.pending_kinds import register_kinds

        register(*PASSES)
        register_sealed_column(SealedColumn("wallets_accountnumber", "sealed"))
        register_kinds()
