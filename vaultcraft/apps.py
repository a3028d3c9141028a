"""What is done once all rooms are ready."""

from __future__ import annotations

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class VaultCraftConfig(AppConfig):
    """The project's own commands, and the timetable that a migration writes."""

    name = "vaultcraft"

    def ready(self) -> None:
        """Have the timetable written after each migration."""
        from vaultcraft.timetable import write_timetable

        post_migrate.connect(write_timetable, sender=apps.get_app_config("django_celery_beat"))
