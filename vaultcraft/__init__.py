"""How the house is switched on: settings, servers, supervisor, health."""

from vaultcraft.celery import app as celery_app

__all__ = ["celery_app"]
