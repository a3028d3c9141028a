"""Passwords made of nothing but words that lie at hand here (OWASP ASVS 5.0, 6.1.2 and 6.2.11)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

# What somebody tries first at this product. docs/threat-model.md lists them; a test compares.
_LISTED = """
account accounts admin administrator bank banking craft demo finance ledger login master member
moderator money owner passphrase password pay payment payments pin rupee rupees secret staff super
transfer transfers user vault vaultcraft viewer wallet wallets welcome
"""
CONTEXT_WORDS = frozenset(_LISTED.split())
_LEAST_LETTERS = 3
_WORDS = re.compile(r"[^\W\d_]+")


def is_of_words_at_hand(password: str, own: Iterable[str]) -> bool:
    """Tell whether a password has no letters but those of words at hand, one after the other.

    Digits and punctuation between and around them hide nothing from who guesses. A word at hand
    among others is no fault.

    :param own: texts about the person: names, the organization's name, the address.
    """
    letters = "".join(_WORDS.findall(password.casefold()))
    words = {word for text in own for word in _WORDS.findall(text.casefold())}
    known = CONTEXT_WORDS | {word for word in words if len(word) >= _LEAST_LETTERS}
    return bool(letters) and _can_be_laid(letters, known)


def _can_be_laid(letters: str, words: Collection[str]) -> bool:
    """Tell whether words, laid end to end, are the letters. In steps: no name makes it slow."""
    reached = {0}
    for start in range(len(letters)):
        if start in reached:
            reached |= {start + len(word) for word in words if letters.startswith(word, start)}
    return len(letters) in reached
