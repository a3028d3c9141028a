"""The room's entry in INSTALLED_APPS."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Organizations and people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell mail whom to nudge, the vault what is sealed and erased, which acts may wait, and
        the evidence who people are.
        """
        from accounts.queries import names_of_unerased
        from accounts.services.erasing import register_erasure
        from accounts.services.factors.erasing import erase_factors
        from accounts.services.mail import after_queueing
        from accounts.services.pending_acts.erasing import erase_names
        from accounts.services.pending_kinds import register_kinds
        from accounts.services.phones import erase_phone
        from accounts.services.vault import SealedColumn, register_sealed_column
        from accounts.tasks import nudge_delivery
        from audit.people import name_people_by

        name_people_by(names_of_unerased)
        after_queueing(nudge_delivery)
        register_sealed_column(SealedColumn("accounts_pendingmail", "sealed"))
        register_sealed_column(SealedColumn("accounts_phone", "sealed"))
        register_sealed_column(SealedColumn("accounts_totpfactor", "sealed_secret"))
        register_erasure(erase_phone)
        register_erasure(erase_factors)
        register_erasure(erase_names)
        register_kinds()
