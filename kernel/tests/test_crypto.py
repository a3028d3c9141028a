"""Tokens and hashes: no two different questions share an answer."""

from __future__ import annotations

import hashlib
import re

from hypothesis import given
from hypothesis import strategies as st

from kernel.crypto import fingerprint, hash_token, keyed_hash, new_token

LISTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=4), max_size=4)


def test_tokens_are_43_url_safe_characters_and_never_repeat() -> None:
    made = {new_token() for _ in range(1000)}

    assert len(made) == 1000
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", token) for token in made)


def test_a_token_is_kept_as_its_sha_256() -> None:
    assert hash_token("abc") == hashlib.sha256(b"abc").digest()


@given(first=LISTS, second=LISTS)
def test_different_lists_have_different_fingerprints(first: list[str], second: list[str]) -> None:
    assert (fingerprint(*first) == fingerprint(*second)) == (first == second)


def test_parts_are_framed() -> None:
    assert len({fingerprint("ab", "c"), fingerprint("a", "bc"), fingerprint("abc", "")}) == 3
    assert len(fingerprint()) == 32


def test_another_key_gives_another_hash() -> None:
    assert keyed_hash(key=b"1", parts=("a",)) != keyed_hash(key=b"2", parts=("a",))
    assert keyed_hash(key=b"1", parts=("a",)) == keyed_hash(key=b"1", parts=("a",))
