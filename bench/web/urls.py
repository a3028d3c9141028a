"""The product's addresses, and beside them the empty view and the compositions of the bench."""

from __future__ import annotations

from django.urls import path

from bench.web.compositions import Alone, Unguarded
from bench.web.empty import Empty
from bench.web.orders import ALONE, EMPTY, UNGUARDED
from vaultcraft.urls import *  # noqa: F403
from vaultcraft.urls import urlpatterns as product

urlpatterns = [
    path(EMPTY.lstrip("/"), Empty.as_view()),
    path(ALONE.lstrip("/"), Alone.as_view()),
    path(UNGUARDED.lstrip("/"), Unguarded.as_view()),
    *product,
]
