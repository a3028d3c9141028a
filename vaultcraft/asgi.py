"""ASGI entry point, for the later live stream only: sync views are four times slower under it."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vaultcraft.settings.local")

application = get_asgi_application()
