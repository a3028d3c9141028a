"""Which PINs are taken, and how many tries there are. Pure."""

from __future__ import annotations

import datetime as dt
import itertools
import re

from accounts.errors import WeakPin

MAX_TRIES = 3
LOCKED = dt.timedelta(hours=24)

_PIN = re.compile(r"[0-9]{4}", re.ASCII)
# Of published leaks, what is left of the most used ones once the patterns below are gone: columns
# and diagonals of a keypad, films, numbers people like.
_COMMON = frozenset(
    {
        *("0007", "0070", "0420", "0852", "1004", "1029", "1123", "1224", "1225", "1230", "1231"),
        *("1235", "1236", "1245", "1337", "1357", "1379", "1470", "1472", "1478", "1590", "1593"),
        *("2468", "2486", "2580", "2589", "3579", "3698", "4200", "5150", "5683", "7410", "7531"),
        *("8520", "8675", "9630", "9631", "9713"),
    }
)
_YEARS = range(1900, 2040)


def checked_pin(text: str) -> str:
    """A PIN that may be kept.

    :raises WeakPin: unless it is four digits and not among those that a thief tries first.
    """
    if not _PIN.fullmatch(text):
        raise WeakPin("A PIN is four digits.", pointer="/pin")
    if is_trivial(text):
        raise WeakPin("This PIN is among the first that a thief would try.", pointer="/pin")
    return text


def is_trivial(pin: str) -> bool:
    """Whether the four digits repeat, count up or down, are a year, or are known to be common.

    Together these are one in twenty of all PINs.
    """
    steps = {(int(after) - int(before)) % 10 for before, after in itertools.pairwise(pin)}
    counts = len(steps) == 1
    repeats = len(set(pin)) == 1 or pin[:2] == pin[2:] or (pin[0], pin[2]) == (pin[1], pin[3])
    mirrored = pin == pin[::-1]
    return counts or repeats or mirrored or int(pin) in _YEARS or pin in _COMMON
