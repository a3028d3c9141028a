"""Pictures: bounds before decoding, then drawn anew from the pixels alone."""

from __future__ import annotations

import io

from PIL import Image, ImageOps

from kyc.choices import MediaType
from kyc.errors import DocumentDimensions, DocumentUnreadable, DocumentUnsafe
from kyc.inspecting.parts import require_few_parts
from kyc.inspecting.turns import one_reader

MOST_PIXELS = 24_000_000  # 72 MB when decoded
LONGEST_SIDE, SHORTEST_SIDE = 12_000, 200
KEPT_SIDE = 3_000  # enough to read small print of a page of A4 at 250 dpi
_QUALITY = 88
_FORMATS = {MediaType.JPEG: "JPEG", MediaType.PNG: "PNG"}


def redrawn(content: bytes, *, media_type: MediaType) -> bytes:
    """The picture without anything that is not picture: upright, in RGB, at most `KEPT_SIDE` long.

    The same pixels give the same bytes, whatever metadata the file had.

    :raises DocumentDimensions: by its header it has too many or too few pixels; nothing is decoded.
    :raises DocumentUnsafe: it moves: several pictures are no document; or it comes in too many
        parts to be decoded.
    :raises DocumentUnreadable: it cannot be decoded to the end.
    :raises Busy: too many files are being read.
    """
    require_few_parts(content, media_type=media_type)
    with one_reader():
        try:
            with Image.open(io.BytesIO(content), formats=[_FORMATS[media_type]]) as picture:
                _require_bounds(picture)
                return _encoded(_plain(picture), media_type)
        except Image.DecompressionBombError as error:
            raise _out_of_bounds() from error
        except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError) as error:
            # What Pillow's parsers raise on damaged files, `UnidentifiedImageError` among them.
            raise DocumentUnreadable(pointer="/file") from error


def _require_bounds(picture: Image.Image) -> None:
    longest, shortest = max(picture.size), min(picture.size)
    if (
        picture.width * picture.height > MOST_PIXELS
        or longest > LONGEST_SIDE
        or shortest < SHORTEST_SIDE
    ):
        raise _out_of_bounds()
    if getattr(picture, "n_frames", 1) != 1:
        raise DocumentUnsafe("The picture moves: send a single one.", pointer="/file")


def _out_of_bounds() -> DocumentDimensions:
    return DocumentDimensions(
        f"At least {SHORTEST_SIDE} pixels on the short side, at most {MOST_PIXELS // 10**6}"
        " million altogether.",
        facts={"maximum_pixels": MOST_PIXELS, "shortest_side": SHORTEST_SIDE},
        pointer="/file",
    )


def _plain(picture: Image.Image) -> Image.Image:
    """Upright RGB pixels in a fresh picture; what was transparent is white."""
    upright = ImageOps.exif_transpose(picture)
    if "A" in upright.getbands() or "transparency" in upright.info:
        layered = upright.convert("RGBA")
        upright = Image.new("RGB", layered.size, "white")
        upright.paste(layered, mask=layered.getchannel("A"))
    upright = upright.convert("RGB")
    upright.thumbnail((KEPT_SIDE, KEPT_SIDE))
    fresh = Image.new("RGB", upright.size)
    fresh.paste(upright)
    return fresh


def _encoded(picture: Image.Image, media_type: MediaType) -> bytes:
    written = io.BytesIO()
    if media_type is MediaType.JPEG:
        picture.save(written, "JPEG", quality=_QUALITY)
    else:
        picture.save(written, "PNG")
    return written.getvalue()
