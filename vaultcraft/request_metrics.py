"""How many requests, how they ended and how long they took, per route."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter, Histogram

GetResponse = Callable[[HttpRequest], HttpResponse]
UNROUTED = "(none)"  # never the path itself: anybody could invent endless labels
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

requests_total = Counter(
    "vaultcraft_http_requests_total", "HTTP requests answered.", ["method", "route", "status"]
)
request_seconds = Histogram(
    "vaultcraft_http_request_seconds",
    "Time from the first middleware to the answer.",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


class RequestMetricsMiddleware:
    """Count and time every request; the outermost middleware, so that nothing escapes it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let the request through and note how it went."""
        started = time.perf_counter()
        answer = self.get_response(request)
        match = request.resolver_match
        route = match.route if match else UNROUTED
        method = request.method if request.method in METHODS else "other"
        requests_total.labels(method, route, str(answer.status_code)).inc()
        request_seconds.labels(method, route).observe(time.perf_counter() - started)
        return answer
