"""Money is a whole number of minor units and a currency. No float ever touches it."""

from __future__ import annotations

import decimal
import functools
import re

from babel.numbers import format_currency

from kernel.errors import Kind, VaultCraftError

# JSON numbers are exact up to here in every client (RFC 8259, section 6).
MAX_MINOR = 2**53 - 1

_AMOUNT_TEXT = re.compile(r"[0-9]{1,16}(\.[0-9]{1,3})?", re.ASCII)
# Rupees are grouped by lakh and crore, which Babel knows under the Indian locale only.
_LOCALES = {"INR": "en_IN"}


class InvalidAmount(VaultCraftError):
    """The amount cannot be moved: not a number, not positive, too fine or too large."""

    kind = Kind.INVALID
    code = "invalid_amount"
    title = "The amount is not valid"


def display(*, amount_minor: int, currency: str, exponent: int) -> str:
    """The amount for a person, with its sign and symbol: ``₹1,00,000.00``, ``-$5.25``, ``¥500``.

    :param amount_minor: minor units, any sign.
    :param exponent: digits after the point (0, 2 or 3).
    """
    digits = f"{abs(amount_minor):0{exponent + 1}}"
    whole, fraction = digits[: len(digits) - exponent], digits[len(digits) - exponent :]
    grouped = _by_lakh(whole) if currency in _LOCALES else f"{int(whole):,}"
    sign = -1 if amount_minor < 0 else 1
    return f"{_before_digits(currency, sign)}{grouped}{'.' if exponent else ''}{fraction}"


def _by_lakh(whole: str) -> str:
    """Three digits at the end, and two in each group before them."""
    groups = [whole[-3:]]
    rest = whole[:-3]
    while rest:
        groups.append(rest[-2:])
        rest = rest[:-2]
    return ",".join(reversed(groups))


@functools.cache
def _before_digits(currency: str, sign: int) -> str:
    """Sign and symbol as Babel writes them. Asking it for each amount took ten times as long."""
    locale = _LOCALES.get(currency, "en_US")
    shown = format_currency(sign, currency, "¤0", locale=locale, currency_digits=False)
    return shown[: shown.index("1")]


def parse_minor(*, text: str, exponent: int) -> int:
    """Minor units of what a person typed: ``"1,250.50" -> 125050`` at exponent 2.

    :raises InvalidAmount: for anything but a positive number with at most `exponent` digits after
        the point and at most `MAX_MINOR` minor units.
    """
    plain = text.strip().replace(",", "")
    if not _AMOUNT_TEXT.fullmatch(plain):
        raise InvalidAmount("Enter an amount like 1250.50.")
    fraction = plain.partition(".")[2]
    if len(fraction) > exponent:
        raise InvalidAmount(f"This currency has {exponent} digits after the point.")
    return checked_minor(int(decimal.Decimal(plain).scaleb(exponent)))


def checked_minor(amount_minor: int) -> int:
    """The same amount, when it can be moved at all.

    :raises InvalidAmount: unless it is an integer from 1 to `MAX_MINOR`.
    """
    if isinstance(amount_minor, bool) or not isinstance(amount_minor, int):
        raise InvalidAmount("The amount must be a whole number of minor units.")
    if not 1 <= amount_minor <= MAX_MINOR:
        raise InvalidAmount(
            f"The amount must be from 1 to {MAX_MINOR} minor units.",
            facts={"minimum_minor": 1, "maximum_minor": MAX_MINOR},
        )
    return amount_minor
