"""The addresses of the house: people's pages, machines' API, staff's admin, operators' probes."""

from django.contrib import admin
from django.urls import include, path

from vaultcraft import health

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("api/v1/", include("api.urls")),
    path("admin/", admin.site.urls),
    path("", include("web.urls")),
]

# Under /api/ the API's middleware turns whatever these answer into a problem document.
handler400 = "web.views.errors.bad_request"
handler403 = "web.views.errors.permission_denied"
handler404 = "web.views.errors.not_found"
handler500 = "web.views.errors.server_error"
