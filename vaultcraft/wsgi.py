"""WSGI entry point: pages and API are served by this."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vaultcraft.settings.local")

application = get_wsgi_application()
