"""What surrounds every request: one id from the edge to the books, and problems under /api/."""

from __future__ import annotations

import re
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from api import problems
from api.errors import DatabaseUnavailable, InternalError
from kernel import ids
from kernel.addresses import client_ip

log = structlog.get_logger(__name__)

API_PREFIX = "/api/"
GetResponse = Callable[[HttpRequest], HttpResponse]

_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:\-]{0,63}", re.ASCII)
# W3C Trace Context, section 3.2: version, trace id, parent id, flags; all-zero ids are invalid.
_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?", re.ASCII
)


class RequestIdMiddleware:
    """Accept or mint the request id, bind it to every log line and echo it.

    A well-formed ``X-Request-ID`` is taken as it is; else the trace id of a valid ``traceparent``
    serves; else one is minted. A malformed header is ignored, never an error. Standing outside
    nearly everything, it also turns foreign error pages under /api/ into problems.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        trace_id = _trace_id(request)
        request_id = _given_id(request) or trace_id or ids.encode("req", ids.new_id())
        request.request_id = request_id  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        # The address as our own proxies told it (`ClientAddressMiddleware` stands outside of this).
        ip = client_ip(request.META)
        structlog.contextvars.bind_contextvars(request_id=request_id, ip=ip)
        if trace_id:
            structlog.contextvars.bind_contextvars(trace_id=trace_id)
        answer = _as_problem(request, self.get_response(request))
        answer["X-Request-ID"] = request_id
        return answer


class ProblemMiddleware:
    """Answer every error under /api/ with a problem; log an unforeseen one with its traceback."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return _as_problem(request, self.get_response(request))

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Django calls this for an exception that left a view."""
        if not request.path.startswith(API_PREFIX):
            return None
        return answer_for(request, exception)


def answer_for(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The problem for an exception; what nobody foresaw is logged with its traceback."""
    error = problems.translated(exception)
    if isinstance(error, InternalError | DatabaseUnavailable):
        log.error("api_request_failed", exc_info=exception, path=request.path)
    return problems.response(error, request_id=problems.request_id_of(request))


def _as_problem(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    foreign = answer.status_code >= 400 and not problems.is_problem(answer)
    if not (foreign and request.path.startswith(API_PREFIX)):
        return answer
    return problems.instead_of(answer, request_id=problems.request_id_of(request))


def _given_id(request: HttpRequest) -> str | None:
    given = request.META.get("HTTP_X_REQUEST_ID", "")
    return given if _REQUEST_ID.fullmatch(given) else None


def _trace_id(request: HttpRequest) -> str | None:
    found = _TRACEPARENT.fullmatch(request.META.get("HTTP_TRACEPARENT", ""))
    return found.group(1) if found else None
