"""What the web worker says by itself, before Django hears of a request or where it cannot.

Always a problem document, as the API has for all of its errors: a request that could not be read
has no path by which to tell a page from an operation.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from gunicorn.http import errors as unreadable  # type: ignore[import-untyped]
from gunicorn.http.wsgi import Response  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from kernel.errors import VaultCraftError

_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:\-]{0,63}", re.ASCII)
# What of the program's own making may be wrong with an answer; these derive from the errors of
# requests, and are no fault of the client.
_OURS = (unreadable.InvalidResponseHeader, unreadable.InvalidResponseHeaderName)
# What is no page loads nothing.
BARE = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}


class QuietResponse(Response):  # type: ignore[misc]
    """gunicorn's response without `Server`: which program answers is nobody's business."""

    def default_headers(self) -> list[str]:
        """The headers that every answer has."""
        return [line for line in super().default_headers() if not line.startswith("Server:")]


def error_of(failure: BaseException) -> VaultCraftError:
    """What a failure outside of Django is called: the client's, if its request was unreadable."""
    # Django is there by the time anybody is answered, not when gunicorn reads this module.
    from api import errors

    if isinstance(failure, unreadable.LimitRequestLine):
        return errors.AddressTooLong()
    if isinstance(failure, unreadable.LimitRequestHeaders):
        return errors.HeadersTooLarge()
    if isinstance(failure, unreadable.ParseException) and not isinstance(failure, _OURS):
        return errors.ProtocolError()
    return errors.InternalError()


def request_id_of(request: Any) -> str:
    """The id its sender gave a request that could be read; else a new one."""
    from kernel import ids

    headers = request.headers if request is not None else ()
    given = next((value for name, value in headers if name == "X-REQUEST-ID"), "")
    return given if _REQUEST_ID.fullmatch(given) else ids.encode("req", ids.new_id())


def problem(error: VaultCraftError, request_id: str) -> tuple[HTTPStatus, dict[str, str], bytes]:
    """A refusal in the form all doors share: status, headers, body."""
    from api import problems
    from vaultcraft.browser_headers import HEADERS

    status = HTTPStatus(problems.status_of(error))
    body = problems.encode(problems.document(error, request_id=request_id))
    seconds = getattr(error, "retry_after_seconds", problems.RETRY_AFTER_SECONDS)
    told = {
        "Content-Type": problems.MEDIA_TYPE,
        "Content-Length": str(len(body)),
        **({"Retry-After": str(seconds)} if error.retryable else {}),
        "X-Request-ID": request_id,
        "Cache-Control": "no-store",
        **BARE,
        **HEADERS,
    }
    return status, told, body


def written(error: VaultCraftError, *, request_id: str, keep: bool) -> bytes:
    """The whole answer, as it goes out.

    :param keep: whether the connection may be used again.
    """
    status, told, body = problem(error, request_id)
    told["Connection"] = "keep-alive" if keep else "close"
    head = (f"HTTP/1.1 {status.value} {status.phrase}", *(f"{n}: {v}" for n, v in told.items()))
    return "\r\n".join((*head, "", "")).encode() + body
