"""The little of PDF's syntax (ISO 32000-2, 7.2 and 7.3) that says what a dictionary holds."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence

LONGEST_DICTIONARY = 64 * 1024
LONGEST_SPACE = 16 * 1024

_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_SPACE = re.compile(rb"(?:[\s\0]|%[^\r\n]*)*")
_TOKEN = re.compile(
    rb"<<|>>|<[0-9A-Fa-f\s\0]*>|[\[\]]|/[^\s\0/<>\[\](){}%]*|[^\s\0/<>\[\](){}%]+|[{})<>]"
)
_STREAM = re.compile(rb"stream(?:\r\n|\n|\r)")
_BRACKETS = re.compile(rb"\\.|[()]", re.DOTALL)
_OPENED, _CLOSED = (b"<<", b"["), (b">>", b"]")


class EndOfFile(Exception):
    """A dictionary, text or gap begins and does not end within bounds."""


@dataclasses.dataclass(frozen=True, slots=True)
class Dictionary:
    """A dictionary, and where the bytes begin of the stream it describes, if it does.

    :param entries: the tokens of each value by the key as a reader spells it.
    """

    text: bytes
    entries: Mapping[bytes, Sequence[bytes]]
    stream_at: int | None

    @property
    def may_hold_objects(self) -> bool:
        """Whether some reader takes the stream for an object stream; doubt counts as yes."""
        kind = self.entries.get(b"/Type", [])
        counted = b"/N" in self.entries and b"/First" in self.entries
        return kind == [b"/ObjStm"] or b"R" in kind or counted

    @property
    def filters(self) -> list[bytes]:
        """The names of the filters; an indirect one gives a name that no filter has."""
        named = self.entries.get(b"/Filter", self.entries.get(b"/F", []))
        return [token for token in named if token not in (b"[", b"]")]

    @property
    def is_transformed(self) -> bool:
        """Whether the filters have parameters, a predictor for one, or the data lie elsewhere."""
        return bool({b"/DecodeParms", b"/DP", b"/FFilter", b"/FDecodeParms"} & set(self.entries))


def spelled(text: bytes) -> bytes:
    """The text with every name as a reader spells it: ``/J#61vaScript`` is ``/JavaScript``."""
    return _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), text)


def dictionary_after(content: bytes, position: int) -> tuple[Dictionary | None, int]:
    """The dictionary that begins here, after spaces and comments, or None; and where reading ended.

    :raises EndOfFile: it begins and does not end within `LONGEST_DICTIONARY` bytes.
    """
    begin = _after_space(content, position)
    if not content.startswith(b"<<", begin):
        return None, begin
    tokens: list[tuple[int, bytes]] = []
    end = begin
    for depth, after, token in _tokens(content, begin):
        tokens.append((depth, token))
        end = after
        if depth == 0:
            break
    last = _after_space(content, end)
    stream = _STREAM.match(content, last)
    stream_at = stream.end() if stream else None
    return Dictionary(content[begin:end], _entries(tokens[1:-1]), stream_at), last


def _after_space(content: bytes, position: int) -> int:
    found = _SPACE.match(content, position, position + LONGEST_SPACE)
    end = found.end() if found else position
    if end == position + LONGEST_SPACE:
        raise EndOfFile
    return end


def _tokens(content: bytes, position: int) -> Iterator[tuple[int, int, bytes]]:
    """Depth after it, end and text of each token, from the ``<<`` at the position."""
    depth, last = 0, position + LONGEST_DICTIONARY
    while position < min(len(content), last):
        if content.startswith(b"(", position):
            position = _end_of_text(content, position)
            yield depth, position, b"()"
        elif found := _TOKEN.match(content, position):
            token, position = found.group(), found.end()
            depth += (token in _OPENED) - (token in _CLOSED)
            yield depth, position, spelled(token) if token.startswith(b"/") else token
        position = _after_space(content, position)
    raise EndOfFile


def _end_of_text(content: bytes, position: int) -> int:
    """Past the bracket that closes the text which opens here; they nest, and a ``\\`` escapes."""
    depth = 0
    for found in _BRACKETS.finditer(content, position, position + LONGEST_DICTIONARY):
        depth += {b"(": 1, b")": -1}.get(found.group(), 0)
        if depth == 0:
            return found.end()
    raise EndOfFile


def _entries(tokens: Sequence[tuple[int, bytes]]) -> Mapping[bytes, Sequence[bytes]]:
    """The values of the outermost dictionary; what lies deeper is left in one flat list."""
    found: dict[bytes, list[bytes]] = {}
    value: list[bytes] | None = None
    for depth, token in tokens:
        is_name = depth == 1 and token.startswith(b"/")
        if is_name and (value is None or value):
            value = found.setdefault(token, [])
        elif value is not None:
            value.append(token)
    return found
