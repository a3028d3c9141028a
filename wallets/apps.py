from django.apps import AppConfig


class WalletsConfig(AppConfig):
    name = "wallets"
    verbose_name = "Wallets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell others: the checker of transfers, the vault what is sealed, which acts may wait, the
        workers of sagas, and what an erasure stops."""
        from accounts.services.erasing import register_erasure
        from accounts.services.vault import SealedColumn, register_sealed_column
        from events.saga import register as register_saga
        from ledger.checker import register
        from wallets.checker import PASSES
        from wallets.services.payouts.saga import SAGA
        from wallets.services.pending_kinds import register_kinds
        from wallets.services.wallets import stop_wallets_of

        register(*PASSES)
        register_sealed_column(SealedColumn("wallets_accountnumber", "sealed"))
        register_sealed_column(SealedColumn("wallets_beneficiary", "sealed"))
        register_saga(SAGA)
        register_kinds()
        register_erasure(stop_wallets_of)
