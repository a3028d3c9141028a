"""The room of the people's door."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Pages, forms and the staff site; no tables."""

    name = "web"
    default_auto_field = "django.db.models.BigAutoField"
