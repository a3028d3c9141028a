"""The room's entry in INSTALLED_APPS."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Organizations and people"
    default_auto_field = "django.db.models.BigAutoField"
