"""What reading a file costs is bounded before it is paid, however small the file."""

from __future__ import annotations

import threading
import zlib

import pytest

from kernel.errors import Busy
from kyc.choices import MediaType
from kyc.errors import DocumentUnreadable, DocumentUnsafe
from kyc.inspecting import inspected, turns
from kyc.inspecting import pdf as reading_pdf
from kyc.inspecting.parts import MOST_PARTS, MOST_SCANS
from kyc.tests.files import jpeg, many_chunks, many_scans, many_segments, pdf, png
from kyc.tests.test_inspecting import refused

UNENDED = b"obj<</Type/ObjStm/Filter/FlateDecode>>stream\n" + zlib.compress(b"") + b"\n"


def test_an_object_stream_that_does_not_end_is_refused():
    """A reader takes all the rest of the file for it, once for each of thousands of them."""
    refused(DocumentUnreadable, pdf(objects=(UNENDED * 3_000,)))


def test_streams_within_each_other_are_counted_as_often_as_they_are_read():
    """One end for all: each object's body reaches to the end of the last."""
    shared = pdf(objects=(UNENDED * 3_000 + b"endstream",))
    refused(DocumentUnsafe, shared)
    few = pdf(objects=(UNENDED * 40 + b"endstream",))
    assert inspected(few).content == few
    read = reading_pdf._require_harmless(few, most=reading_pdf.MOST_READ_BYTES)
    assert read > sum(len(UNENDED) * reached for reached in range(40))
    with pytest.raises(DocumentUnsafe):
        reading_pdf._require_harmless(few, most=read - 1)


def test_a_picture_with_more_scans_than_any_encoder_sends_is_refused_undecoded():
    assert inspected(many_scans(MOST_SCANS)).media_type is MediaType.JPEG
    refused(DocumentUnsafe, many_scans(MOST_SCANS + 1))
    refused(DocumentUnsafe, many_scans(3_000))


def test_scans_are_counted_where_a_decoder_finds_them():
    """Not in a comment, nor behind the end; and what pads a marker hides none."""
    behind = jpeg() + many_scans(3_000)
    assert inspected(behind).content == inspected(jpeg()).content
    begin = b"\xff\xd8"
    said = begin + b"\xff\xfe" + (2 + 200).to_bytes(2, "big") + b"\xff\xda" * 100 + jpeg()[2:]
    assert inspected(said).content == inspected(jpeg()).content
    refused(DocumentUnsafe, many_scans(100).replace(b"\xff\xda", b"\xff\xff\xff\xda"))


@pytest.mark.parametrize("make", [many_segments, many_chunks])
def test_a_picture_in_too_many_parts_is_refused(make):
    assert inspected(make(MOST_PARTS // 2)).content == inspected(make(0)).content
    refused(DocumentUnsafe, make(MOST_PARTS))


@pytest.mark.parametrize("make", [jpeg, png, pdf])
def test_no_file_is_read_while_two_others_are(make, monkeypatch):
    monkeypatch.setattr(turns, "_READING", threading.BoundedSemaphore(1))
    monkeypatch.setattr(turns, "_PATIENCE_SECONDS", 0.01)
    with turns.one_reader(), pytest.raises(Busy):
        inspected(make())
    assert inspected(make()).content
