"""The addresses of the house: people's pages, machines' API, staff's admin, operators' probes."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from vaultcraft import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
]
# SCAFFOLD: goes when both doors stand.
if find_spec("api") and find_spec("api.urls"):
    urlpatterns.append(path("api/v1/", include("api.urls")))
if find_spec("web") and find_spec("web.admin_site"):
    urlpatterns.append(path("admin/", admin.site.urls))
if find_spec("web") and find_spec("web.urls"):
    urlpatterns.append(path("", include("web.urls")))

    handler400 = "web.views.errors.bad_request"
    handler403 = "web.views.errors.permission_denied"
    handler404 = "web.views.errors.not_found"
    handler500 = "web.views.errors.server_error"
