"""The product's addresses, and the empty view beside them."""

from __future__ import annotations

from django.urls import path

from bench.web.empty import Empty
from vaultcraft.urls import *  # noqa: F403
from vaultcraft.urls import urlpatterns as product

urlpatterns = [path("api/v1/bench/empty", Empty.as_view()), *product]
