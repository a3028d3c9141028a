"""Django's `migrate`, through the role that owns the tables."""

from django.conf import settings
from django.core.management.base import CommandParser
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import DEFAULT_DB_ALIAS


class Command(DjangoMigrate):
    """Migrate as the owner role when its address is known: the application may not alter tables."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Change the default of `--database`."""
        super().add_arguments(parser)
        owner = "owner" if "owner" in settings.DATABASES else DEFAULT_DB_ALIAS
        parser.set_defaults(database=owner)
