"""Money as people read and type it."""

from __future__ import annotations

import decimal

import pytest
from babel.numbers import format_currency
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Kind
from kernel.money import MAX_MINOR, InvalidAmount, checked_minor, display, parse_minor


@pytest.mark.parametrize(
    ("amount_minor", "currency", "exponent", "shown"),
    [
        (0, "INR", 2, "₹0.00"),
        (1, "INR", 2, "₹0.01"),
        (99_999, "INR", 2, "₹999.99"),
        (1_00_000, "INR", 2, "₹1,000.00"),
        (1_00_000_00, "INR", 2, "₹1,00,000.00"),
        (12_34_56_789_01, "INR", 2, "₹12,34,56,789.01"),
        (-5_25, "INR", 2, "-₹5.25"),
        (1_234_567_89, "USD", 2, "$1,234,567.89"),
        (-5_25, "USD", 2, "-$5.25"),
        (500, "JPY", 0, "¥500"),
        (1_234_567, "JPY", 0, "¥1,234,567"),
        (MAX_MINOR, "USD", 2, "$90,071,992,547,409.91"),
        (-MAX_MINOR, "INR", 2, "-₹9,00,71,99,25,47,409.91"),
    ],
)
def test_display(amount_minor: int, currency: str, exponent: int, shown: str) -> None:
    assert display(amount_minor=amount_minor, currency=currency, exponent=exponent) == shown


@given(
    st.integers(-MAX_MINOR, MAX_MINOR),
    st.sampled_from([("INR", 2), ("USD", 2), ("EUR", 2), ("JPY", 0), ("KWD", 3), ("AED", 2)]),
)
def test_display_is_what_babel_writes(amount_minor: int, kind: tuple[str, int]) -> None:
    currency, exponent = kind
    grouping = "#,##,##0" if currency == "INR" else "#,##0"
    pattern = f"¤{grouping}" + (f".{'0' * exponent}" if exponent else "")
    babels = format_currency(
        decimal.Decimal(amount_minor).scaleb(-exponent),
        currency,
        pattern,
        locale="en_IN" if currency == "INR" else "en_US",
        currency_digits=False,
        decimal_quantization=False,
    )

    assert display(amount_minor=amount_minor, currency=currency, exponent=exponent) == babels


def test_display_of_three_digits_keeps_all_of_them() -> None:
    shown = display(amount_minor=1_234_567_005, currency="KWD", exponent=3)

    assert shown.endswith("1,234,567.005")
    assert shown.startswith("KWD")


@pytest.mark.parametrize(
    ("text", "exponent", "amount_minor"),
    [
        ("1", 2, 1_00),
        ("0.01", 2, 1),
        ("1250.5", 2, 1250_50),
        (" 1,250.50 ", 2, 1250_50),
        ("1,00,000.00", 2, 1_00_000_00),
        ("500", 0, 500),
        ("1.005", 3, 1_005),
        ("90071992547409.91", 2, MAX_MINOR),
        ("9007199254740991", 0, MAX_MINOR),
    ],
)
def test_parse(text: str, exponent: int, amount_minor: int) -> None:
    assert parse_minor(text=text, exponent=exponent) == amount_minor


@pytest.mark.parametrize(
    ("text", "exponent"),
    [
        ("", 2),
        ("0", 2),
        ("0.00", 2),
        ("-1", 2),
        ("+1", 2),
        (".5", 2),
        ("1.", 2),
        ("1.001", 2),
        ("1.5", 0),
        ("1.0001", 3),
        ("1e3", 2),
        ("0x10", 2),
        ("1_000", 2),
        ("NaN", 2),
        ("Infinity", 2),
        ("1 000", 2),
        ("१२", 2),
        ("١٢", 2),
        ("12\x00", 2),
        ("₹12", 2),
        ("90071992547409.92", 2),
        ("9007199254740992", 0),
        ("9999999999999999", 3),
        ("12345678901234567", 2),
    ],
)
def test_parse_refuses(text: str, exponent: int) -> None:
    with pytest.raises(InvalidAmount) as refused:
        parse_minor(text=text, exponent=exponent)
    assert refused.value.code == "invalid_amount"
    assert refused.value.kind is Kind.INVALID


@pytest.mark.parametrize("amount", [0, -1, MAX_MINOR + 1, 10**30, True, 1.0, "1", None])
def test_checked_minor_refuses(amount: object) -> None:
    with pytest.raises(InvalidAmount):
        checked_minor(amount)  # type: ignore[arg-type]


@pytest.mark.parametrize("amount_minor", [1, MAX_MINOR])
def test_checked_minor_takes_both_ends(amount_minor: int) -> None:
    assert checked_minor(amount_minor) == amount_minor


@given(
    amount_minor=st.integers(1, MAX_MINOR),
    unit=st.sampled_from([("INR", "₹", 2), ("JPY", "¥", 0), ("USD", "$", 2)]),
)
def test_what_is_shown_can_be_typed_back(amount_minor: int, unit: tuple[str, str, int]) -> None:
    currency, symbol, exponent = unit
    shown = display(amount_minor=amount_minor, currency=currency, exponent=exponent)

    assert parse_minor(text=shown.removeprefix(symbol), exponent=exponent) == amount_minor


@given(text=st.text(max_size=24), exponent=st.sampled_from([0, 2, 3]))
def test_any_text_is_an_amount_or_refused_by_name(text: str, exponent: int) -> None:
    try:
        amount_minor = parse_minor(text=text, exponent=exponent)
    except InvalidAmount:
        return
    assert 1 <= amount_minor <= MAX_MINOR
