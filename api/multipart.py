"""Uploads: `multipart/form-data` (RFC 7578), read strictly and in memory.

Files are other people's papers, so nothing of them is spooled to a disk: the length was announced
and checked before, so no body is larger than the view allows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from rest_framework.parsers import BaseParser

from api.endpoint import Endpoint
from api.errors import FieldError, MalformedMultipart, UnacceptableValue
from kyc.policy import MAX_DOCUMENT_BYTES

# Around the file: boundaries, headers and the few texts.
_FRAME_BYTES = 16 * 1024


class StrictMultiPartParser(BaseParser):
    """Each part once, by its name."""

    media_type = "multipart/form-data"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Texts and files by name.

        :raises MalformedMultipart: if it is not what it announces, or a name comes twice.
        :raises UnacceptableValue: if a text holds a NUL.
        """
        request = (parser_context or {})["request"]._request
        meta = {**request.META, "CONTENT_TYPE": media_type}
        handlers = [MemoryFileUploadHandler(request)]
        try:
            # Django reads nothing of a stream but `read`, which its type leaves unsaid.
            parser = MultiPartParser(meta, stream, handlers, "utf-8")  # type: ignore[arg-type]
            texts, files = parser.parse()
        except (MultiPartParserError, SuspiciousOperation, ValueError) as error:
            raise MalformedMultipart() from error
        found: dict[str, Any] = {}
        for name, parts in [*texts.lists(), *files.lists()]:
            if name in found or len(parts) != 1:
                raise MalformedMultipart("A part comes twice.")
            found[name] = parts[0]
        _check_texts(found)
        return found


class Upload(Endpoint):
    """The base of an operation that takes a file."""

    parser_classes = [StrictMultiPartParser]
    max_body_bytes = MAX_DOCUMENT_BYTES + _FRAME_BYTES


def _check_texts(found: Mapping[str, Any]) -> None:
    errors = [
        FieldError(
            detail="The text contains a NUL character.",
            code="unacceptable_text",
            pointer=f"/{name}",
        )
        for name, part in found.items()
        if isinstance(part, str) and "\0" in part
    ]
    if errors:
        raise UnacceptableValue(errors=errors)
