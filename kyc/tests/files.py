"""Files as people and attackers send them, made here so that none lies in the repository."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from PIL import Image, ImageDraw
from PIL.ExifTags import GPS, IFD, Base

LATITUDE = (18.0, 55.0, 12.0)
SCRIPT = b"<script>alert(1)</script>"


def drawing(size: tuple[int, int] = (640, 400), *, words: str = "PASSPORT") -> Image.Image:
    picture = Image.new("RGB", size, "white")
    ImageDraw.Draw(picture).text((20, 20), words, fill="black")
    return picture


def written(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def jpeg(size: tuple[int, int] = (640, 400), *, words: str = "PASSPORT") -> bytes:
    return written(drawing(size, words=words), "JPEG")


def png(size: tuple[int, int] = (640, 400), *, words: str = "PASSPORT") -> bytes:
    return written(drawing(size, words=words), "PNG")


def jpeg_with_place(*, orientation: int = 1) -> bytes:
    """A photo that knows where it was taken."""
    exif = Image.Exif()
    exif[Base.Orientation] = orientation
    exif[Base.Make] = "Pocket camera"
    place = exif.get_ifd(IFD.GPSInfo)
    place[GPS.GPSLatitudeRef], place[GPS.GPSLatitude] = "N", LATITUDE
    return written(drawing(), "JPEG", exif=exif)


def moving_png() -> bytes:
    frames = [drawing(words=str(number)) for number in range(3)]
    return written(frames[0], "PNG", save_all=True, append_images=frames[1:])


def png_bomb(width: int = 30_000, height: int = 30_000) -> bytes:
    """A small file whose header promises 900 million pixels, and keeps the promise of one row."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * (width * 3 + 1) * 20, 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def many_scans(scans: int, *, size: tuple[int, int] = (640, 400)) -> bytes:
    """A progressive JPEG whose last scan comes so often in all, as an attacker repeats it."""
    whole = written(drawing(size), "JPEG", progressive=True)
    begin, end = whole.rindex(b"\xff\xda"), whole.rindex(b"\xff\xd9")
    again = scans - whole.count(b"\xff\xda")
    return whole[:end] + whole[begin:end] * again + whole[end:]


def many_segments(segments: int) -> bytes:
    """A JPEG with so many empty comments before its picture."""
    return b"\xff\xd8" + b"\xff\xfe\x00\x02" * segments + jpeg()[2:]


def many_chunks(chunks: int) -> bytes:
    """A PNG with so many empty chunks that no reader knows."""
    whole, header = png(), 8 + 25
    empty = struct.pack(">I", 0) + b"vcXx" + struct.pack(">I", zlib.crc32(b"vcXx"))
    return whole[:header] + empty * chunks + whole[header:]


def archive(content: bytes = SCRIPT) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("index.html", content)
    return out.getvalue()


def zip_bomb() -> bytes:
    return archive(b"\0" * 20_000_000)


def pdf(
    *, catalog: bytes = b"", objects: tuple[bytes, ...] = (), tail: bytes = b"", head: bytes = b""
) -> bytes:
    """A PDF of one empty page.

    :param catalog: more entries of the catalog.
    :param objects: more objects, from number 5 on.
    """
    page = b"BT /F1 12 Tf (Electricity bill) Tj ET"
    bodies = (
        b"<< /Type /Catalog /Pages 2 0 R " + catalog + b" >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>",
        stream(page),
        *objects,
    )
    out, places = head + b"%PDF-1.7\n", []
    for number, body in enumerate(bodies, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1) + table
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(places) + 1)
    return out + b"startxref\n%d\n%%%%EOF\n" % start + tail


def stream(body: bytes, dictionary: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(body), dictionary, body)


def object_stream(held: bytes, dictionary: bytes = b"/Type /ObjStm /Filter /FlateDecode") -> bytes:
    """Objects packed away, as writers of PDF 1.5 do."""
    return stream(zlib.compress(b"9 0 " + held), dictionary + b" /N 1 /First 4")
