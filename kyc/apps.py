"""The room's entry in INSTALLED_APPS."""

from __future__ import annotations

from django.apps import AppConfig


class KycConfig(AppConfig):
    name = "kyc"
    verbose_name = "Identity verification"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the vault which columns are sealed, so that a rotation of keys reaches them."""
        from accounts.services.vault import SealedColumn, register_sealed_column

        for name in ("sealed_legal_name", "sealed_date_of_birth", "sealed_id_number"):
            register_sealed_column(SealedColumn("kyc_case", name))
        register_sealed_column(SealedColumn("kyc_document", "sealed_header", stream=True))
