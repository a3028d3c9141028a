"""Whether a file may be kept, and the bytes that are: pure, in memory, no database.

What a file is, its first bytes say. Pictures are decoded within bounds that are checked on the
header, and written anew from their pixels, so nothing of the original file but the picture stays:
no place and time of the photo, no second file behind it. A PDF cannot be written anew, so it is
read cautiously and refused when it carries more than pages (OWASP ASVS 5.0, 5.2 and 5.3).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from kyc.choices import MediaType
from kyc.errors import (
    DocumentEmpty,
    DocumentTooLarge,
    DocumentTypeMismatch,
    DocumentTypeUnsupported,
)
from kyc.inspecting.pdf import checked_pdf
from kyc.inspecting.pictures import redrawn
from kyc.policy import MAX_DOCUMENT_BYTES

_MAGIC = {
    b"\xff\xd8\xff": MediaType.JPEG,
    b"\x89PNG\r\n\x1a\n": MediaType.PNG,
    b"%PDF-": MediaType.PDF,
}
EXTENSIONS = {
    MediaType.JPEG: ("jpg", "jpeg"),
    MediaType.PNG: ("png",),
    MediaType.PDF: ("pdf",),
}
# What clients announce when they do not know.
_UNSPOKEN = ("", "application/octet-stream")


@dataclasses.dataclass(frozen=True, slots=True)
class Inspected:
    """A file that may be kept; `content` is not always what came."""

    media_type: MediaType
    content: bytes


def inspected(content: bytes, *, name: str = "", announced: str = "") -> Inspected:
    """Judge a file, and give what may be kept of it.

    :param name: as the client calls the file; only its extension counts, and it is not kept.
    :param announced: the media type that the client gave.
    :raises DocumentEmpty: there is nothing.
    :raises DocumentTooLarge: more than `MAX_DOCUMENT_BYTES`, as it came or as it would be kept.
    :raises DocumentTypeUnsupported: it does not begin like a JPEG, PNG or PDF.
    :raises DocumentTypeMismatch: name or announced type say something else.
    :raises DocumentUnreadable: it is cut off or damaged.
    :raises DocumentDimensions: a picture out of bounds.
    :raises DocumentUnsafe: a file with more in it than a plain document.
    """
    if not content:
        raise DocumentEmpty(pointer="/file")
    _require_size(content)
    media_type = _media_type(content)
    _require_same(media_type, name=name, announced=announced)
    kept = _KEPT[media_type](content)
    _require_size(kept)
    return Inspected(media_type, kept)


def _require_size(content: bytes) -> None:
    if len(content) > MAX_DOCUMENT_BYTES:
        raise DocumentTooLarge(
            f"At most {MAX_DOCUMENT_BYTES // 2**20} MB.",
            facts={"maximum_bytes": MAX_DOCUMENT_BYTES},
            pointer="/file",
        )


def _media_type(content: bytes) -> MediaType:
    for magic, media_type in _MAGIC.items():
        if content.startswith(magic):
            return media_type
    raise DocumentTypeUnsupported(pointer="/file")


def _require_same(media_type: MediaType, *, name: str, announced: str) -> None:
    _, dot, extension = name.rpartition(".")
    said = announced.partition(";")[0].strip().lower()
    named = not dot or extension.lower() in EXTENSIONS[media_type]
    if not named or said not in (*_UNSPOKEN, media_type.value):
        raise DocumentTypeMismatch(pointer="/file")


_KEPT: dict[MediaType, Callable[[bytes], bytes]] = {
    MediaType.JPEG: lambda content: redrawn(content, media_type=MediaType.JPEG),
    MediaType.PNG: lambda content: redrawn(content, media_type=MediaType.PNG),
    MediaType.PDF: checked_pdf,
}
