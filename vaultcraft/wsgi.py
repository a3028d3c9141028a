"""WSGI entry point: pages and API are served by this."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from vaultcraft import request_stream

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vaultcraft.settings.local")

application = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018 - import all views now, not during the first request
request_stream.install()
