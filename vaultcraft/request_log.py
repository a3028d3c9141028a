"""The request log: one structured event for each request, one more for each refused one.

What stands in it is chosen here and nothing else: the route's template, never the path, which may
hold an invitation's token; the principal, never a name. `vaultcraft.logging` masks it all the same.
"""

import logging
import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from api.middleware import API_PREFIX
from kernel.actor import Actor
from vaultcraft.request_metrics import UNROUTED

GetResponse = Callable[[HttpRequest], HttpResponse]
# No TRACE (it echoes headers), no OPTIONS (nobody from another origin is let in), no inventions.
PAGE_METHODS = ("GET", "HEAD", "POST")
METHODS = (*PAGE_METHODS, "PUT", "PATCH", "DELETE")

log = structlog.get_logger("request")
security = structlog.get_logger("security")
SECURITY_EVENTS = {401: "authentication_failed", 403: "access_refused"}


class RequestLogMiddleware:
    """Write down how each request ended. It stands right inside of what gives requests their id."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let the request through and tell of it."""
        started = time.perf_counter()
        answer = self.get_response(request)
        told = {
            "method": request.method if request.method in METHODS else "other",
            "route": _route(request),
            "status": answer.status_code,
            "duration_ms": round((time.perf_counter() - started) * 1_000, 1),
            "actor": _principal(request),
        }
        log.log(_level(answer.status_code), "request", **told)
        if answer.status_code in SECURITY_EVENTS:
            event = SECURITY_EVENTS[answer.status_code]
            security.warning(event, **told, code=getattr(answer, "refusal_code", None))
        return answer


class KnownMethodsMiddleware:
    """Refuse other methods than a page's before any view takes them for one that only looks."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let known methods through."""
        # The API's operations say themselves, and exactly, which methods they have.
        if request.method not in PAGE_METHODS and not request.path.startswith(API_PREFIX):
            return HttpResponseNotAllowed(PAGE_METHODS)
        return self.get_response(request)


def _route(request: HttpRequest) -> str:
    return request.resolver_match.route if request.resolver_match else UNROUTED


def _principal(request: HttpRequest) -> str:
    actor = getattr(request, "actor", None)
    return actor.principal if isinstance(actor, Actor) else "anonymous:"


def _level(status: int) -> int:
    if status >= 500:
        return logging.ERROR
    return logging.WARNING if status >= 400 else logging.INFO
