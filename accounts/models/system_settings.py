"""What may be set while the program runs; `accounts.system` declares the names and bounds."""

from __future__ import annotations

from django.db import models


class SystemSetting(models.Model):
    """The value of one declared setting; without a row its default holds."""

    name = models.TextField(primary_key=True)
    value = models.JSONField()
    set_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
