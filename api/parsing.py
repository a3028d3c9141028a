"""JSON bodies, read strictly: what two parsers could understand differently is refused.

RFC 8259 leaves duplicate keys, huge numbers and lone surrogates to each implementation; a payment
request must not mean two things, so they are errors here. NaN and Infinity are not JSON at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import IO, Any

from django.http import HttpRequest
from rest_framework.parsers import BaseParser

from api.errors import BodyTooLarge, FieldError, MalformedJson, UnacceptableValue

MAX_BODY_BYTES = 64 * 1024
MAX_DEPTH = 8


class StrictJSONParser(BaseParser):
    """Reads `application/json` in UTF-8, at most as many bytes as the view allows."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The document as Python data.

        :raises BodyTooLarge: over the view's `max_body_bytes`.
        :raises MalformedJson: if it is not exactly one unambiguous JSON document.
        :raises UnacceptableValue: if a text holds a NUL or half a surrogate pair.
        """
        view = (parser_context or {}).get("view")
        limit: int = getattr(view, "max_body_bytes", MAX_BODY_BYTES)
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise BodyTooLarge(f"Send at most {limit} bytes.", facts={"maximum_bytes": limit})
        return parsed(body)


def announced_length(request: HttpRequest) -> int:
    """The Content-Length, 0 when there is none."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def comes_in_chunks(request: HttpRequest) -> bool:
    """Whether a body of unknown length is coming, which WSGI would let us read as an empty one."""
    return "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH")


def parsed(body: bytes) -> Any:
    """One JSON document from its bytes; see `StrictJSONParser.parse` for what is refused."""
    try:
        document = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
        )
    except UnicodeDecodeError as error:
        raise MalformedJson("The body is not UTF-8.") from error
    except RecursionError as error:
        raise MalformedJson("The body is nested too deeply.") from error
    except json.JSONDecodeError as error:
        raise MalformedJson(
            f"{error.msg} at line {error.lineno}, column {error.colno}.",
            facts={"line": error.lineno, "column": error.colno},
        ) from error
    except ValueError as error:  # an integer of thousands of digits
        raise MalformedJson("A number has too many digits.") from error
    _check_texts(body, document)
    return document


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise MalformedJson(f"The member {_shown(name)} occurs twice in one object.")
        seen.add(name)
    return found


def _refuse_constant(name: str) -> None:
    raise MalformedJson(f"{name} is not JSON.")


def _shown(name: str) -> str:
    return json.dumps(name[:40])


def _check_texts(body: bytes, document: Any) -> None:
    # Raw control characters cannot pass the parser and raw surrogates are not UTF-8, so only an
    # escape can bring them in; a body without one need not be walked, except for its depth.
    lowered = body.lower()
    suspicious = b"\\u0000" in lowered or b"\\ud" in lowered
    if not suspicious and lowered.count(b"[") + lowered.count(b"{") <= MAX_DEPTH:
        return
    errors = []
    for pointer, depth, text in _texts(document):
        if depth > MAX_DEPTH:
            raise MalformedJson("The body is nested too deeply.")
        reason = _unacceptable(text) if suspicious else None
        if reason:
            errors.append(FieldError(detail=reason, code="unacceptable_text", pointer=pointer))
    if errors:
        raise UnacceptableValue(errors=errors[:20])


def _unacceptable(text: str) -> str | None:
    if "\0" in text:
        return "The text contains a NUL character."
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "The text contains half of a surrogate pair."
    return None


def _texts(document: Any) -> Iterator[tuple[str, int, str]]:
    """Pointer, depth and text of every string and member name, without recursion."""
    waiting: list[tuple[str, int, Any]] = [("", 0, document)]
    while waiting:
        pointer, depth, value = waiting.pop()
        if isinstance(value, str):
            yield pointer, depth, value
        elif isinstance(value, list):
            yield pointer, depth + 1, ""
            waiting.extend((f"{pointer}/{i}", depth + 1, item) for i, item in enumerate(value))
        elif isinstance(value, dict):
            for name, item in value.items():
                below = f"{pointer}/{escaped(name)}"
                yield below, depth + 1, name
                waiting.append((below, depth + 1, item))


def escaped(name: str) -> str:
    """A member name as a JSON pointer writes it (RFC 6901), fit to be sent back."""
    safe = name.replace("~", "~0").replace("/", "~1").replace("\0", "\N{REPLACEMENT CHARACTER}")
    return safe.encode("utf-8", "replace").decode()
