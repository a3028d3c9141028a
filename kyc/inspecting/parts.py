"""How many parts a picture is made of, counted without decoding any of them.

The pixels bound what decoding one pass costs, and not how often a file asks for a pass: a
progressive JPEG (ITU-T T.81, annex G) may send thousands of scans with nothing in them, each of
which walks all the pixels. And every segment or chunk is a step of the library's own loop.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from kyc.choices import MediaType
from kyc.errors import DocumentUnsafe

MOST_SCANS = 25  # encoders send 10 to 14
MOST_PARTS = 5_000  # a PNG of 5 MB in chunks of 8 kB has 640

_MARKER = re.compile(rb"\xff([^\x00\xff])")
# In the coded data of a scan, restart markers are no parts (B.1.1.3).
_MARKER_AFTER_SCAN = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
_ALONE = frozenset([0x01, *range(0xD0, 0xD9)])  # markers that no length follows
_END, _SCAN = 0xD9, 0xDA
_PNG_HEADER, _PNG_FRAME = 8, 12  # signature; length, type and check of each chunk


def require_few_parts(content: bytes, *, media_type: MediaType) -> None:
    """Refuse a picture in so many parts that reading it is the work of an attacker.

    :raises DocumentUnsafe: more than `MOST_SCANS` scans, or `MOST_PARTS` segments or chunks.
    """
    _COUNTED[media_type](content)


def _too_many() -> DocumentUnsafe:
    return DocumentUnsafe(
        "The picture is made of too many parts. Take a screenshot of it, and send that.",
        facts={"maximum_scans": MOST_SCANS, "maximum_parts": MOST_PARTS},
        pointer="/file",
    )


def _count_jpeg(content: bytes) -> None:
    """Walk the markers as libjpeg does: what stands between them is skipped."""
    position = scans = parts = 0
    while found := (_MARKER_AFTER_SCAN if scans else _MARKER).search(content, position):
        marker, position = found[1][0], found.end()
        parts += 1
        scans += marker == _SCAN
        if marker == _END:
            return
        if scans > MOST_SCANS or parts > MOST_PARTS:
            raise _too_many()
        if marker not in _ALONE:
            position += max(2, int.from_bytes(content[position : position + 2], "big"))


def _count_png(content: bytes) -> None:
    position, parts = _PNG_HEADER, 0
    while position < len(content):
        parts += 1
        if parts > MOST_PARTS:
            raise _too_many()
        length = int.from_bytes(content[position : position + 4], "big")
        position += length + _PNG_FRAME


_COUNTED: Mapping[MediaType, Callable[[bytes], None]] = {
    MediaType.JPEG: _count_jpeg,
    MediaType.PNG: _count_png,
}
