"""The addresses of the product, and `/live`, which this server cannot carry.

Its gate is in gunicorn: test_live_journey.py runs the whole stack. 204 tells an EventSource that
nothing comes. Not by `context.route`: with requests intercepted, Chromium's virtual authenticator
now and then leaves a page that asks for a passkey without an answer.
"""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.urls import path

from vaultcraft.urls import *  # noqa: F403
from vaultcraft.urls import urlpatterns as of_the_product


def nothing_to_follow(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


urlpatterns = [path("live", nothing_to_follow), *of_the_product]
