"""Identifiers: UUIDv7 inside, TypeID text outside, short handles for people.

TypeID follows the published specification 0.3: a lower-case prefix, an underscore, and the 128 bits
in 26 characters of Crockford's base 32. Handles are `VC-` and six characters of the same alphabet
in upper case: five random ones and a Luhn mod 32 check character, which catches every single wrong
character and nearly all swapped neighbors.
"""

from __future__ import annotations

import secrets
import uuid

import uuid_utils.compat

from kernel.errors import Kind, VaultCraftError

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_LOOKALIKES = str.maketrans({"i": "1", "l": "1", "o": "0"})
_TEXT_LENGTH = 26
# Two characters, ten bits, at a time: answers are full of identifiers.
_PAIRS = tuple(first + second for first in ALPHABET for second in ALPHABET)
_SHIFTS = tuple(range(120, -1, -10))
_HANDLE_DIGITS = 5
_ACCOUNT_DIGITS = 12


class MalformedId(VaultCraftError):
    """The text is not an identifier of the wanted kind."""

    kind = Kind.INVALID
    code = "malformed_id"
    title = "The identifier is malformed"


def new_id() -> uuid.UUID:
    """A time-ordered UUIDv7 (RFC 9562)."""
    return uuid_utils.compat.uuid7()


def encode(prefix: str, value: uuid.UUID) -> str:
    """The TypeID text of a UUID: ``encode("trf", id) -> "trf_01j..."``."""
    number = value.int
    return f"{prefix}_{''.join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])}"


def decode(prefix: str, text: str) -> uuid.UUID:
    """The UUID of a TypeID text.

    :raises MalformedId: on another prefix, a wrong length, a foreign character or an overflow.
    """
    head, _, body = text.rpartition("_")
    if head != prefix or len(body) != _TEXT_LENGTH or body[0] > "7":
        raise MalformedId(f"Expected an identifier like {prefix}_01h455vb4pex5vsknk084sn02q.")
    number = 0
    for character in body:
        if character not in _VALUE:
            raise MalformedId(f"Expected an identifier like {prefix}_01h455vb4pex5vsknk084sn02q.")
        number = number * 32 + _VALUE[character]
    return uuid.UUID(int=number)


def new_handle() -> str:
    """A random handle ``VC-XXXXXX``; 33 million exist, so the caller retries on a collision."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(_HANDLE_DIGITS))
    return f"VC-{(body + _check_character(body)).upper()}"


def normalize_handle(text: str) -> str:
    """The canonical form of a handle as a person may type it: any case, I/L for 1, O for 0.

    :raises MalformedId: if it is not a handle or its check character does not fit.
    """
    body = text.strip().lower().removeprefix("vc-").replace("-", "").translate(_LOOKALIKES)
    well_formed = len(body) == _HANDLE_DIGITS + 1 and all(c in _VALUE for c in body)
    if not well_formed or _check_character(body[:-1]) != body[-1]:
        raise MalformedId("Expected a wallet handle like VC-7Q2M9K, check character included.")
    return f"VC-{body.upper()}"


def new_account_number() -> str:
    """A random account number: 12 digits and two check digits (ISO 7064, MOD 97-10)."""
    body = "".join(secrets.choice("0123456789") for _ in range(_ACCOUNT_DIGITS))
    return f"{body}{98 - int(body) * 100 % 97:02}"


def normalize_account_number(text: str) -> str:
    """The 14 digits of an account number, however a person grouped them.

    :raises MalformedId: if there are not 14 digits or the check digits do not fit.
    """
    number = "".join(text.split()).replace("-", "")
    well_formed = number.isascii() and number.isdigit() and len(number) == _ACCOUNT_DIGITS + 2
    if not well_formed or int(number) % 97 != 1:
        raise MalformedId("Expected an account number of 14 digits, check digits included.")
    return number


def _check_character(body: str) -> str:
    total = 0
    for position, character in enumerate(reversed(body)):
        product = _VALUE[character] * (2 if position % 2 == 0 else 1)
        total += product // 32 + product % 32
    return ALPHABET[-total % 32]
