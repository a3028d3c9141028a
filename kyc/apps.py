"""The room's entry in INSTALLED_APPS."""

from __future__ import annotations

from django.apps import AppConfig


class KycConfig(AppConfig):
    name = "kyc"
    verbose_name = "Identity verification"
    default_auto_field = "django.db.models.BigAutoField"
