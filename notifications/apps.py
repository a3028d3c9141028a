from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = "Notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Take events in, and tell the vault what is sealed here."""
        from accounts.services.vault import SealedColumn, register_sealed_column
        from events.consuming import register
        from notifications.consumers import WEBHOOKS

        register_sealed_column(
            SealedColumn("notifications_webhooksecret", "sealed", user_column=None)
        )
        register(WEBHOOKS)
