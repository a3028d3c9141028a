"""Errors as RFC 9457 problems. Whatever goes wrong under /api/, a client reads the same document.

One table maps a kind to a status. A problem's `type` is a reference to the page `errors_page`
serves, which is made from the same registry, so no code can exist without its description; an
error whose type is a registered one of the IETF names that, with the members it defines.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from rest_framework import exceptions as drf

from api import errors
from kernel import errors as kernel_errors
from kernel.errors import Kind, VaultCraftError

MEDIA_TYPE = "application/problem+json"
TYPE_BASE = "/api/v1/errors"
RETRY_AFTER_SECONDS = 1

STATUS_OF_KIND: Mapping[Kind, int] = {
    Kind.INVALID: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.REFUSED: 422,
    Kind.LIMIT: 429,
    Kind.UNAVAILABLE: 503,
}

_ERROR_OF_STATUS: Mapping[int, type[VaultCraftError]] = {
    400: errors.ProtocolError,
    401: errors.NotAuthenticated,
    403: kernel_errors.PermissionDenied,
    404: errors.RouteNotFound,
    405: errors.MethodNotAllowed,
    411: errors.LengthRequired,
    413: errors.BodyTooLarge,
    415: errors.UnsupportedMediaType,
}


def status_of(error: VaultCraftError | type[VaultCraftError]) -> int:
    """The HTTP status an error is answered with."""
    own = getattr(error, "status", None)
    return own if isinstance(own, int) else STATUS_OF_KIND[error.kind]


def type_of(code: str) -> str:
    """The reference that names this kind of problem and leads to its description."""
    return f"{TYPE_BASE}#{code}"


def document(error: VaultCraftError, *, request_id: str) -> dict[str, object]:
    """The problem as plain data, its members always in the same order."""
    found: dict[str, object] = {
        "type": getattr(error, "problem_type", None) or type_of(error.code),
        "title": error.title,
        "status": status_of(error),
        "detail": error.detail,
        "code": error.code,
        "request_id": request_id,
        "retryable": error.retryable,
        "errors": [entry.as_dict() for entry in _field_errors(error)],
    }
    if error.facts:
        found["facts"] = error.facts
    return found | getattr(error, "members", {})


def _field_errors(error: VaultCraftError) -> list[errors.FieldError]:
    listed: list[errors.FieldError] | None = getattr(error, "errors", None)
    if listed is not None:
        return listed
    if error.pointer is None:
        return []
    return [errors.FieldError(detail=error.detail, code=error.code, pointer=error.pointer)]


_written = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def encode(data: object) -> bytes:
    """JSON as this API writes it: compact UTF-8, members in the order given."""
    return _written(data).encode()


def response(error: VaultCraftError, *, request_id: str) -> HttpResponse:
    """The answer to send for an error, with the headers its status asks for."""
    status = status_of(error)
    body = encode(document(error, request_id=request_id))
    answer = HttpResponse(body, status=status, content_type=MEDIA_TYPE)
    if status == 401:
        answer["WWW-Authenticate"] = challenge(error)
    if status in (429, 503) or error.retryable:
        answer["Retry-After"] = str(getattr(error, "retry_after_seconds", RETRY_AFTER_SECONDS))
    answer.refusal_code = error.code  # type: ignore[attr-defined] # for the request log
    return answer


def challenge(error: VaultCraftError) -> str:
    """The challenge of RFC 6750: an error only when a credential was sent and refused."""
    refused = not isinstance(error, errors.NotAuthenticated)
    return 'Bearer realm="VaultCraft"' + (', error="invalid_token"' if refused else "")


def translated(exception: BaseException) -> VaultCraftError:
    """The foreseen error that an exception of ours, of DRF, of Django or of the database means.

    Anything unforeseen is `InternalError`, which says nothing of the cause.
    """
    if isinstance(exception, VaultCraftError):
        return exception
    for kinds, error in _TRANSLATIONS:
        if isinstance(exception, kinds):
            return error()
    if isinstance(exception, drf.APIException):
        return _of_status(exception.status_code)
    return errors.InternalError()


_TRANSLATIONS: tuple[tuple[tuple[type[BaseException], ...], type[VaultCraftError]], ...] = (
    ((Http404,), errors.RouteNotFound),
    ((drf.NotAuthenticated,), errors.NotAuthenticated),
    ((drf.AuthenticationFailed,), errors.InvalidCredential),
    ((PermissionDenied, drf.PermissionDenied), kernel_errors.PermissionDenied),
    ((drf.MethodNotAllowed,), errors.MethodNotAllowed),
    ((drf.UnsupportedMediaType,), errors.UnsupportedMediaType),
    ((UnreadablePostError,), errors.RequestTimeout),
    ((RequestDataTooBig,), errors.BodyTooLarge),
    ((SuspiciousOperation, drf.ParseError), errors.ProtocolError),
    ((OperationalError, InterfaceError), errors.DatabaseUnavailable),
)


def _of_status(status: int) -> VaultCraftError:
    fallback = errors.InternalError if status >= 500 else errors.ProtocolError
    return _ERROR_OF_STATUS.get(status, fallback)()


def is_problem(answer: HttpResponse) -> bool:
    """Whether an answer already is a problem document."""
    return answer.headers.get("Content-Type", "").startswith(MEDIA_TYPE)


def instead_of(answer: HttpResponse, *, request_id: str) -> HttpResponse:
    """A problem with the same status as an error page that somebody else made."""
    error = _of_status(answer.status_code)
    problem = response(error, request_id=request_id)
    for header in ("Allow", "WWW-Authenticate", "Retry-After"):
        if header in answer.headers:
            problem[header] = answer[header]
    return problem


def request_id_of(request: HttpRequest) -> str:
    """The id the middleware gave the request."""
    found = getattr(request, "request_id", "")
    return found if isinstance(found, str) else ""
