"""One line that shows all it says."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest

from kernel.text import PLAIN_LINE, is_plain_line

BIDI_CONTROLS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Invoice 2041",
        "दिवाली 🎁",
        "نامه\u200cای",
        "क्\u200dष",
        "שלום",
        "سلام",
        "a\u00a0b",
        "\ufeff",
    ],
)
def test_what_people_write_is_plain(text: str):
    assert is_plain_line(text)
    assert re.fullmatch(PLAIN_LINE, text)


def test_controls_bidi_controls_and_line_breaks_are_refused_and_nothing_else():
    refused = {c for c in map(chr, range(sys.maxunicode + 1)) if not is_plain_line(f"a{c}b")}
    controls = {chr(n) for n in range(0xA0) if unicodedata.category(chr(n)) == "Cc"}
    assert refused == controls | set(BIDI_CONTROLS) | {"\u2028", "\u2029"}


@pytest.mark.parametrize("text", ["a\n", "\n", "a\u2028", "\x07"])
def test_the_pattern_says_the_same_at_the_end_of_a_line(text: str):
    assert not is_plain_line(text)
    assert not re.fullmatch(PLAIN_LINE, text)
