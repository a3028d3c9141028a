"""What the door itself refuses, before any room is asked.

The rooms have errors of their own; `problems` renders all of them the same way.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import ClassVar

from kernel.errors import Kind, VaultCraftError


class ProtocolError(VaultCraftError):
    """A refusal that HTTP has a status of its own for, so the kind does not choose it."""

    code = "protocol_error"
    title = "The request breaks the protocol"
    status: ClassVar[int] = 400


class RouteNotFound(ProtocolError):
    """No operation lives at this path."""

    kind = Kind.NOT_FOUND
    code = "route_not_found"
    title = "There is no such route"
    status = 404


class MethodNotAllowed(ProtocolError):
    """The path exists, the method does not; `Allow` names those that do."""

    code = "method_not_allowed"
    title = "This method is not allowed here"
    status = 405


class BodyTooLarge(ProtocolError):
    """The body has more bytes than the operation reads."""

    code = "body_too_large"
    title = "The body is too large"
    status = 413


class LengthRequired(ProtocolError):
    """The body comes in chunks, without a Content-Length; it is not read."""

    code = "length_required"
    title = "Send a Content-Length"
    status = 411


class RequestTimeout(ProtocolError):
    """The request did not come within its time: ten seconds, a minute for a long body."""

    code = "request_timeout"
    title = "The request took too long to arrive"
    status = 408
    retryable = True


class AddressTooLong(ProtocolError):
    """The request line is longer than the server reads: 8190 bytes."""

    code = "address_too_long"
    title = "The address is too long"
    status = 414


class HeadersTooLarge(ProtocolError):
    """More than the server reads: 16380 bytes in one, a hundred of them, 128 kB in all."""

    code = "headers_too_large"
    title = "The headers are too large"
    status = 431


class UnsupportedMediaType(ProtocolError):
    """The body is announced as something that the operation does not read."""

    code = "unsupported_media_type"
    title = "The operation does not read this kind of body"
    status = 415


class InternalError(ProtocolError):
    """Our fault. Nothing about the cause is told; the request id finds it in the log."""

    kind = Kind.UNAVAILABLE
    code = "internal_error"
    title = "Something went wrong on our side"
    status = 500
    retryable = True


class DatabaseUnavailable(VaultCraftError):
    """The database did not answer. Money moved once or not at all: retry with the same key."""

    kind = Kind.UNAVAILABLE
    code = "database_unavailable"
    title = "The database cannot be reached; try again"
    retryable = True


class Overloaded(VaultCraftError):
    """More requests wait than can be served soon. Nothing was begun: send it again, as it was."""

    kind = Kind.UNAVAILABLE
    code = "overloaded"
    title = "Too many requests are waiting; try again shortly"
    retryable = True


class NotAuthenticated(VaultCraftError):
    """No credential came with the request."""

    kind = Kind.UNAUTHENTICATED
    code = "not_authenticated"
    title = "Sign in first"


class InvalidCredential(VaultCraftError):
    """The access token or API key is wrong, expired or revoked; which of these is not told."""

    kind = Kind.UNAUTHENTICATED
    code = "invalid_credential"
    title = "The access token or API key is not valid"


class MalformedJson(VaultCraftError):
    """The body is not one JSON document without duplicate keys, NaN or endless depth."""

    kind = Kind.INVALID
    code = "malformed_json"
    title = "The body is not valid JSON"


class MalformedMultipart(VaultCraftError):
    """The body is not the parts it announces, or one of them comes twice."""

    kind = Kind.INVALID
    code = "malformed_multipart"
    title = "The body is not valid multipart/form-data"


@dataclasses.dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one member of the request.

    :param pointer: JSON pointer into the body, or None for a query parameter or header.
    """

    detail: str
    code: str
    pointer: str | None = None
    parameter: str | None = None

    def as_dict(self) -> dict[str, str]:
        """The entry of `errors[]`."""
        found = {
            "pointer": self.pointer,
            "parameter": self.parameter,
            "code": self.code,
            "detail": self.detail,
        }
        return {name: value for name, value in found.items() if value is not None}


class _WithFieldErrors(VaultCraftError):
    def __init__(self, detail: str = "", *, errors: Sequence[FieldError] = ()) -> None:
        first = errors[0] if len(errors) == 1 else None
        super().__init__(detail or (first.detail if first else ""))
        self.errors = list(errors)


class InvalidRequest(_WithFieldErrors):
    """The request does not have the documented shape; `errors` says where."""

    kind = Kind.INVALID
    code = "invalid_request"
    title = "The request does not have the documented shape"


class UnacceptableValue(_WithFieldErrors):
    """The shape is right and a value cannot be taken all the same; `errors` says where."""

    kind = Kind.REFUSED
    code = "unacceptable_value"
    title = "A value in the request cannot be accepted"


class IdempotencyKeyMissing(VaultCraftError):
    """Each request that moves money names itself."""

    kind = Kind.INVALID
    code = "idempotency_key_missing"
    title = "Send an Idempotency-Key header"


class IdempotencyKeyMalformed(VaultCraftError):
    """The key is not 1 to 255 printable ASCII characters."""

    kind = Kind.INVALID
    code = "idempotency_key_malformed"
    title = "The Idempotency-Key is malformed"


class IdempotencyKeyExpired(VaultCraftError):
    """The key is older than its answer is kept; use a new one."""

    kind = Kind.REFUSED
    code = "key_expired"
    title = "This Idempotency-Key has expired"


class RequestInFlight(VaultCraftError):
    """The first request with this key is still at work."""

    kind = Kind.CONFLICT
    code = "request_in_flight"
    title = "The same request is still being worked on"
    retryable = True


class BatchRefused(VaultCraftError):
    """An all-or-nothing batch had an item that was refused, so nothing moved."""

    kind = Kind.REFUSED
    code = "batch_refused"
    title = "An item of the batch was refused, so nothing moved"
