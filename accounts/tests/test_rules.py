"""How details may be written, without a database."""

from __future__ import annotations

import pytest

from accounts import rules
from accounts.errors import InvalidProfile


@pytest.mark.parametrize("name", ["Ana", "Łukasz O'Neil-Żak", "പ്രദീപ്", "ശ്രീ\u200dകുമാർ", "李小龍"])
def test_names_of_the_world_are_names(name: str):
    assert rules.cleaned_name(f"  {name} ", pointer="/name") == name


@pytest.mark.parametrize("name", ["", " \t", "\u200d", "a\0b", "a\u202eb", "a\x1bb", "x" * 201])
def test_nothing_unprintable_is_a_name(name: str):
    with pytest.raises(InvalidProfile) as refused:
        rules.cleaned_name(name, pointer="/name")
    assert refused.value.pointer == "/name"


@pytest.mark.parametrize(
    ("written", "kept"), [(" Alice@ACME.test", "alice@acme.test"), ("a+b@x.co", "a+b@x.co")]
)
def test_addresses_have_one_form(written: str, kept: str):
    assert rules.normalized_email(written) == kept


@pytest.mark.parametrize(
    "address", ["", "a", "a@", "@b.test", "a b@c.test", "a@b.test\n@c.test", "a@Erased.Invalid"]
)
def test_what_is_no_address(address: str):
    with pytest.raises(InvalidProfile):
        rules.normalized_email(address)


def test_countries_currencies_and_zones_are_real():
    assert rules.checked_country("in") == "IN"
    assert rules.checked_currency("inr") == "INR"
    assert rules.checked_timezone("Asia/Kolkata") == "Asia/Kolkata"


@pytest.mark.parametrize("code", ["EU", "EZ", "QO", "UN", "XA", "XB", "ZZ", "419", "I", "IND", ""])
def test_what_is_no_country(code: str):
    with pytest.raises(InvalidProfile):
        rules.checked_country(code)
