"""The Celery application: the rooms' tasks run on it, the settings configure it."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vaultcraft.settings.local")

app = Celery("vaultcraft")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
