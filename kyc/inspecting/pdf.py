"""PDFs, read cautiously (ISO 32000-2): what is doubtful is refused, and the person told what to do.

This is no PDF reader. A reader follows offsets, so whatever stands after any ``obj`` in the file
may be an object to it, be it inside a comment or a stream. So all of these are read; and the few
names that make a document do something are looked for in the raw file, in each dictionary, and in
what object streams unpack to. What could hide a name is refused as well: encryption, object streams
in other filters or behind a predictor.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib

from kyc.errors import DocumentUnreadable, DocumentUnsafe
from kyc.inspecting.pdf_syntax import Dictionary, EndOfFile, dictionary_after, spelled
from kyc.inspecting.turns import one_reader

MOST_OBJECTS = 20_000
MOST_READ_BYTES = 16 * 1024 * 1024  # packed, unpacked, and of objects within each other

_HEADER = re.compile(rb"%PDF-[12]\.[0-9]")
_TAIL_BYTES = 1_024
_END_OF_NAME = rb"(?=[\s\0/<>\[\](){}%]|\Z)"
# Programs, programs started, files inside, actions at opening, forms of another language, secrets.
_UNSAFE = re.compile(
    rb"/(JavaScript|Launch|EmbeddedFiles?|Filespec|OpenAction|XFA|RichMedia|Rendition|SubmitForm"
    rb"|ImportData|GoToE|GoToR|Encrypt|Collection)" + _END_OF_NAME
)
# So short that compressed pictures spell them by chance: not looked for in the raw file.
_UNSAFE_IN_OBJECTS = re.compile(rb"/(JS|AA|EF|Movie|Sound)" + _END_OF_NAME)
_FOREIGN = re.compile(
    rb"<\s*(script|html|svg|iframe|object|embed|\?php)\b|javascript:", re.IGNORECASE
)
_OBJECT = re.compile(rb"(?<!end)obj")
_TOKENS_ARE_SLOW = 16  # reading a byte of a dictionary costs as much as unpacking so many
_PLAIN_FILTERS: tuple[list[bytes], ...] = ([], [b"/FlateDecode"], [b"/Fl"])


def checked_pdf(content: bytes) -> bytes:
    """The same bytes, if they are a plain PDF from the first to the last.

    :raises DocumentUnreadable: no PDF, cut off, or with objects that cannot be read.
    :raises DocumentUnsafe: it would run something, carries another file, or is one as well; or
        takes more reading than `MOST_READ_BYTES`.
    :raises Busy: too many files are being read.
    """
    _require_frame(content)
    with one_reader():
        _require_harmless(content, most=MOST_READ_BYTES)
    return content


def _require_harmless(content: bytes, *, most: int) -> int:
    """Judge the file and every object in it.

    :param most: how many bytes may be read, those that are read again counted again.
    :returns: how many were.
    """
    if zipfile.is_zipfile(io.BytesIO(content)):
        raise DocumentUnsafe("The file is an archive as well.", pointer="/file")
    _require_plain(spelled(content), _UNSAFE, _FOREIGN)
    read = 0
    for number, found in enumerate(_OBJECT.finditer(content)):
        if number >= MOST_OBJECTS:
            raise DocumentUnsafe("The PDF has too many parts.", pointer="/file")
        read += _check_object(content, found.end(), most=most - read)
        _require_within(read, most)
    return read


def _require_within(read: int, most: int) -> None:
    if read > most:
        raise DocumentUnsafe("The PDF unpacks to more than it may.", pointer="/file")


def _require_frame(content: bytes) -> None:
    if not _HEADER.match(content):
        raise DocumentUnreadable(pointer="/file")
    tail = content[-_TAIL_BYTES:]
    if b"startxref" not in tail or b"%%EOF" not in tail:
        raise DocumentUnreadable("The PDF is cut off.", pointer="/file")
    if tail.rpartition(b"%%EOF")[2].strip(b"\0\t\n\f\r "):
        raise DocumentUnsafe("Something follows the end of the PDF.", pointer="/file")


def _check_object(content: bytes, position: int, *, most: int) -> int:
    """Judge what may be an object; how much reading it took, in bytes."""
    try:
        found, end = dictionary_after(content, position)
    except EndOfFile as error:
        raise DocumentUnreadable("A part of the PDF is damaged.", pointer="/file") from error
    read = end - position
    if found is None:
        return read
    _require_plain(spelled(found.text), _UNSAFE, _UNSAFE_IN_OBJECTS)
    read += _TOKENS_ARE_SLOW * len(found.text)
    if found.stream_at is None or not found.may_hold_objects:
        return read
    return read + _check_stream(content, found, found.stream_at, most=most - read)


def _check_stream(content: bytes, found: Dictionary, begin: int, *, most: int) -> int:
    """Judge what an object stream holds; its bytes count as they lie, and as they unpack.

    Streams may lie within each other, so the same bytes may be read for many of them: they are
    counted before they are taken out.
    """
    if found.filters not in _PLAIN_FILTERS or found.is_transformed:
        raise DocumentUnsafe("The PDF hides objects from us.", pointer="/file")
    end = content.find(b"endstream", begin)
    if end < 0:
        raise DocumentUnreadable("A part of the PDF is cut off.", pointer="/file")
    packed = end - begin
    _require_within(packed, most)
    body = content[begin:end]
    held = _inflated(body, most=most - packed) if found.filters else body
    _require_plain(spelled(held), _UNSAFE, _UNSAFE_IN_OBJECTS, _FOREIGN)
    return packed + len(held)


def _require_plain(text: bytes, *unsafe: re.Pattern[bytes]) -> None:
    if any(pattern.search(text) for pattern in unsafe):
        raise DocumentUnsafe(
            "The PDF has programs, attachments or actions in it. Print it to a new PDF, or send"
            " a photo.",
            pointer="/file",
        )


def _inflated(body: bytes, *, most: int) -> bytes:
    inflating = zlib.decompressobj()
    try:
        found = inflating.decompress(body, most + 1)
    except zlib.error as error:
        raise DocumentUnreadable("A part of the PDF is damaged.", pointer="/file") from error
    _require_within(len(found) if inflating.eof else most + 1, most)
    return found
