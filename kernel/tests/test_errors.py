"""The registry of errors: stable codes, each claimed once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

import pytest

from kernel.errors import (
    Busy,
    InvariantBroken,
    Kind,
    NotFound,
    PermissionDenied,
    VaultCraftError,
    registered_errors,
)


def test_every_class_stands_under_its_own_code() -> None:
    for code, error in registered_errors().items():
        assert error.code == code


def test_codes_are_stable_words() -> None:
    for code in registered_errors():
        assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", code), code


def test_every_error_has_a_title_and_can_be_made_from_its_code_alone() -> None:
    for error in registered_errors().values():
        made = error()
        assert made.title
        assert made.detail == made.title
        assert made.facts == {}
        assert made.pointer is None
        assert isinstance(made.kind, Kind)


def test_the_kernels_own() -> None:
    assert (Busy.kind, Busy.code, Busy.retryable) == (Kind.UNAVAILABLE, "busy", True)
    assert (PermissionDenied.kind, PermissionDenied.code) == (Kind.FORBIDDEN, "permission_denied")
    assert (NotFound.kind, NotFound.code) == (Kind.NOT_FOUND, "not_found")


def test_a_code_claimed_twice_breaks_the_registry(rivals: list[type[VaultCraftError]]) -> None:
    with pytest.raises(InvariantBroken, match="rival_code"):
        registered_errors()


def test_an_invariant_is_no_foreseen_error() -> None:
    assert not issubclass(InvariantBroken, VaultCraftError)


@pytest.fixture
def rivals(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[type[VaultCraftError]]]:
    class First(VaultCraftError):
        code: ClassVar[str] = "rival_code"

    class Second(VaultCraftError):
        code: ClassVar[str] = "rival_code"

    yield [First, Second]
    # Classes die with the garbage collector only; leave none that other tests could find.
    Second.code = First.code = "invalid"
    del First.code, Second.code
