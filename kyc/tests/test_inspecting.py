"""What is kept of a file, and which files are refused."""

from __future__ import annotations

import contextlib
import io
import random
import time

import pytest
from PIL import Image

from kernel.errors import VaultCraftError
from kyc.choices import MediaType
from kyc.errors import (
    DocumentDimensions,
    DocumentEmpty,
    DocumentRefused,
    DocumentTooLarge,
    DocumentTypeMismatch,
    DocumentTypeUnsupported,
    DocumentUnreadable,
    DocumentUnsafe,
)
from kyc.inspecting import inspected
from kyc.inspecting.pictures import KEPT_SIDE
from kyc.policy import MAX_DOCUMENT_BYTES
from kyc.tests.files import (
    LATITUDE,
    SCRIPT,
    archive,
    jpeg,
    jpeg_with_place,
    moving_png,
    object_stream,
    pdf,
    png,
    png_bomb,
    stream,
    zip_bomb,
)

ACTION = b"<< /S /JavaScript /JS (app.alert(1)) >>"


def opened(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(jpeg(), MediaType.JPEG), (png(), MediaType.PNG), (pdf(), MediaType.PDF)],
)
def test_what_a_file_is_its_first_bytes_say(content: bytes, media_type: MediaType):
    assert inspected(content).media_type is media_type
    inspected(content, name="scan", announced="application/octet-stream")
    extension = media_type.value.partition("/")[2]
    inspected(content, name=f"My scan.{extension.upper()}", announced=media_type.value)


def test_a_photo_forgets_where_it_was_taken():
    sent = jpeg_with_place()
    assert opened(sent).getexif().get_ifd(0x8825)[2] == LATITUDE
    kept = inspected(sent).content
    assert not opened(kept).getexif()
    assert b"Pocket camera" not in kept
    assert b"Exif" not in kept


def test_a_photo_is_turned_upright_before_its_orientation_is_forgotten():
    assert opened(jpeg_with_place(orientation=6)).size == (640, 400)
    assert opened(inspected(jpeg_with_place(orientation=6)).content).size == (400, 640)


def test_the_same_picture_is_the_same_whatever_came_with_it():
    assert inspected(jpeg_with_place()).content == inspected(jpeg()).content
    assert inspected(jpeg() + SCRIPT).content == inspected(jpeg()).content


def test_a_large_picture_is_kept_smaller():
    kept = inspected(png((4_000, 5_000))).content
    assert max(opened(kept).size) == KEPT_SIDE


@pytest.mark.parametrize("behind", [SCRIPT, archive(), pdf(), b"<?php system($_GET['c']); ?>"])
@pytest.mark.parametrize("make", [jpeg, png])
def test_nothing_of_a_second_file_behind_a_picture_is_kept(make, behind: bytes):
    kept = inspected(make() + behind).content
    assert behind not in kept
    assert b"PK\x03\x04" not in kept
    assert b"%PDF" not in kept


def test_a_comment_inside_a_picture_is_not_kept():
    out = io.BytesIO()
    opened(jpeg()).save(out, "JPEG", comment=SCRIPT)
    assert SCRIPT in out.getvalue()
    assert SCRIPT not in inspected(out.getvalue()).content


def refused(error: type[VaultCraftError], content: bytes, **said: str) -> VaultCraftError:
    with pytest.raises(error) as found:
        inspected(content, **said)
    assert type(found.value) is error
    assert found.value.pointer == "/file"
    return found.value


def test_an_empty_file_is_refused():
    refused(DocumentEmpty, b"")


def test_an_oversized_file_is_refused_before_it_is_looked_at():
    refused(DocumentTooLarge, jpeg() + b"\0" * MAX_DOCUMENT_BYTES)


@pytest.mark.parametrize(
    "content",
    [b"hello", SCRIPT, archive(), zip_bomb(), b"GIF89a" + b"\0" * 100, b"\n" + pdf(), b"MZ\x90\0"],
    ids=["text", "html", "zip", "zip_bomb", "gif", "pdf_behind_a_line", "program"],
)
def test_other_files_are_refused(content: bytes):
    refused(DocumentTypeUnsupported, content, name="passport.jpg", announced="image/jpeg")


@pytest.mark.parametrize(
    ("name", "announced"),
    [
        ("passport.png", ""),
        ("passport.html", ""),
        ("passport.jpg.exe", "image/jpeg"),
        ("passport.jpg", "application/pdf"),
        ("passport.jpg", "text/html"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(name: str, announced: str):
    refused(DocumentTypeMismatch, jpeg(), name=name, announced=announced)


def test_a_decompression_bomb_is_refused_unread():
    bomb = png_bomb()
    assert len(bomb) < 20_000
    began = time.monotonic()
    error = refused(DocumentDimensions, bomb)
    assert time.monotonic() - began < 1
    assert error.facts == {"maximum_pixels": 24_000_000, "shortest_side": 200}


def test_pictures_out_of_bounds_are_refused():
    refused(DocumentDimensions, png_bomb(12_001, 200))
    refused(DocumentDimensions, png_bomb(5_000, 4_801))
    refused(DocumentDimensions, jpeg((400, 199)))


def test_a_moving_picture_is_refused():
    refused(DocumentUnsafe, moving_png())


@pytest.mark.parametrize("make", [jpeg, png])
@pytest.mark.parametrize("kept", [12, 200, 0.5, 0.95])
def test_a_picture_cut_off_is_refused(make, kept: float):
    whole = make()
    refused(DocumentUnreadable, whole[: int(kept if kept > 1 else len(whole) * kept)])


def test_a_pdf_cut_off_is_refused():
    refused(DocumentUnreadable, pdf()[:-30])
    refused(DocumentUnreadable, b"%PDF-1.7\n")
    refused(DocumentUnreadable, b"%PDF-x\nstartxref\n0\n%%EOF")
    refused(DocumentUnreadable, pdf(objects=(b"<< /Type /Font /X (never closed",)))


def test_a_pdf_is_kept_as_it_is():
    plain = pdf(objects=(object_stream(b"<< /Type /Font >>"), stream(b"\0" * 99)))
    assert inspected(plain).content == plain


@pytest.mark.parametrize(
    "unsafe",
    [
        pdf(catalog=b"/OpenAction 5 0 R", objects=(ACTION,)),
        pdf(objects=(ACTION,)),
        pdf(objects=(b"<< /S /J#61vaScr#69pt /J#53 (app.alert(1)) >>",)),
        pdf(objects=(b"<< /S /#4aS >>",)),
        pdf(objects=(b"<< /S /Launch /F (cmd.exe) >>",)),
        pdf(catalog=b"/Names << /EmbeddedFiles 5 0 R >>"),
        pdf(objects=(b"<< /Type /Filespec /EF << /F 6 0 R >> >>", stream(b"MZ", b"/Type /X"))),
        pdf(catalog=b"/AA << /WC 5 0 R >>"),
        pdf(catalog=b"/AcroForm << /XFA 5 0 R >>"),
        pdf(objects=(b"<< /S /URI /URI (javascript:alert(1)) >>",)),
        pdf(objects=(b"<< /Encrypt 6 0 R >>",)),
    ],
    ids=range(11),
)
def test_a_pdf_that_does_something_is_refused(unsafe: bytes):
    refused(DocumentUnsafe, unsafe)


@pytest.mark.parametrize(
    "hidden",
    [
        object_stream(ACTION),
        object_stream(b"<< /S /J#53 >>"),
        object_stream(ACTION, b"/Type/Obj#53tm/Filter/Fl"),
        object_stream(ACTION, b"/Filter [/FlateDecode]"),
        object_stream(ACTION, b"/Type /ObjStm /X (7 0 obj <<) /Filter /FlateDecode"),
        object_stream(ACTION, b"/Type /ObjStm % >>\n /Filter /FlateDecode"),
        object_stream(b"x", b"/Type /ObjStm /Filter [/ASCIIHexDecode /FlateDecode]"),
        object_stream(b"x", b"/Type /ObjStm /Filter 7 0 R"),
        object_stream(b"x", b"/Type 7 0 R /Filter /LZWDecode"),
        object_stream(b"x", b"/Type /ObjStm /Filter /FlateDecode /DecodeParms << /Predictor 12 >>"),
        stream(b"\n8 0 obj\n<< /S /JavaScript >>\nendobj\n"),
        stream(b"\n8 0 obj\n" + object_stream(b"<< /S /Sound /JS 1 0 R >>") + b"\nendobj\n"),
        b"% << /Length 9 >> stream\n8 0 obj << /AA 7 0 R >> endobj\n% endstream\nnull",
    ],
    ids=range(13),
)
def test_a_pdf_cannot_hide_what_it_does(hidden: bytes):
    refused(DocumentUnsafe, pdf(objects=(hidden,)))


@pytest.mark.parametrize(
    "polyglot",
    [
        pdf(tail=archive()),
        pdf(tail=SCRIPT),
        pdf(tail=b"\0" * 50 + b"MZ"),
        pdf(objects=(stream(SCRIPT),)),
        pdf(objects=(b"null % <html><body onload=alert(1)>",)),
    ],
    ids=range(5),
)
def test_a_pdf_that_is_another_file_as_well_is_refused(polyglot: bytes):
    refused(DocumentUnsafe, polyglot)


def test_an_archive_that_ends_as_a_pdf_is_refused():
    packed = archive()
    start = packed.rfind(b"PK\x05\x06")
    comment = b"\nstartxref\n9\n%%EOF"
    disguised = packed[: start + 20] + len(comment).to_bytes(2, "little") + comment
    refused(DocumentUnsafe, b"%PDF-1.7\n" + disguised)


def test_a_pdf_bomb_is_refused_in_little_time():
    began = time.monotonic()
    refused(DocumentUnsafe, pdf(objects=(object_stream(b" " * 20_000_000),)))
    refused(DocumentUnsafe, pdf(objects=(b"null\n" + b"obj null\n" * 30_000,)))
    refused(DocumentUnreadable, pdf(objects=(b"null\n" + b"obj<<" * 50_000,)))
    nested = b"null\n" + b"<<obj " * 200 + b"/A 1" + b">>" * 200
    refused(DocumentUnsafe, pdf(objects=(nested * 1_000,)))
    refused(DocumentUnreadable, pdf(objects=(b"null\n" + b"obj%" * 1_000_000,)))
    assert time.monotonic() - began < 20


def test_damage_anywhere_is_a_refusal_and_never_a_crash():
    chance = random.Random(4)
    for whole in (jpeg(), png(), pdf(objects=(object_stream(b"<< /Type /Font >>"),))):
        for _ in range(150):
            damaged = bytearray(whole)
            for _ in range(chance.randint(1, 6)):
                damaged[chance.randrange(8, len(damaged))] = chance.randrange(256)
            with contextlib.suppress(DocumentRefused):
                assert inspected(bytes(damaged)).content
