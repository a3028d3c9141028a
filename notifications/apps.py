from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = "Notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Take events in, and tell what is sealed here and what an erasure takes along."""
        from accounts.services.erasing import register_erasure
        from accounts.services.vault import SealedColumn, register_sealed_column
        from events.consuming import register
        from notifications.consumers import NOTICES, NOTICES_OF_MONEY, WEBHOOKS
        from notifications.services.notices import erase_notices

        register_sealed_column(
            SealedColumn("notifications_webhooksecret", "sealed", user_column=None)
        )
        register(WEBHOOKS)
        register(NOTICES)
        register(NOTICES_OF_MONEY)
        register_erasure(erase_notices)
