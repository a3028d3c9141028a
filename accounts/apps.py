"""The room's entry in INSTALLED_APPS."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Organizations and people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the vault of this room's sealed columns, and what an erasure takes along."""
        from accounts.services.phones import erase_phone
        from accounts.services.vault import SealedColumn, register_erasure, register_sealed_column

        register_sealed_column(SealedColumn("accounts_phone", "sealed"))
        register_erasure(erase_phone)
