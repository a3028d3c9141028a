"""Text that people write and others read: one line that shows all it says."""

from __future__ import annotations

import re

# C0 and C1 controls with DEL; the twelve characters of Unicode's property Bidi_Control, which can
# make a line read other than it is stored; and the line and paragraph separators between them.
# Written for Python, PostgreSQL and ECMAScript alike. The joiners U+200C and U+200D are welcome:
# Indic and Persian names are not written right without them.
_HIDDEN = r"\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"

PLAIN_LINE = rf"^[^{_HIDDEN}]*$"
REFUSED = "Use one line without control characters and without direction overrides."

_HIDDEN_CHARACTER = re.compile(f"[{_HIDDEN}]")


def is_plain_line(text: str) -> bool:
    """Whether a text is one line that holds nothing invisible which changes how it reads."""
    return _HIDDEN_CHARACTER.search(text) is None


def one_line(text: str) -> str:
    """The text in one line that shows all it says: hidden characters and runs of space are one."""
    return " ".join(_HIDDEN_CHARACTER.sub(" ", text).split())
