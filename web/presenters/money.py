"""Amounts as people read them."""

from __future__ import annotations

import dataclasses
import decimal
from typing import Protocol

from kernel.money import display

MINUS = "\N{MINUS SIGN}"


class CurrencyLike(Protocol):
    """What is needed of a currency row."""

    @property
    def code(self) -> str:
        """ISO 4217."""

    @property
    def exponent(self) -> int:
        """Digits after the point."""


def shown(amount_minor: int, currency: CurrencyLike) -> str:
    """``₹1,00,000.00``; a negative amount gets a real minus sign."""
    text = display(
        amount_minor=abs(amount_minor), currency=currency.code, exponent=currency.exponent
    )
    return f"{MINUS}{text}" if amount_minor < 0 else text


def signed(amount_minor: int, currency: CurrencyLike, *, direction: str) -> str:
    """With ``+`` for money in and a minus for money out; bare when it stays in the house."""
    mark = {"in": "+", "out": MINUS}.get(direction, "")
    return f"{mark}{shown(amount_minor, currency)}"


def plain(amount_minor: int, exponent: int) -> str:
    """``1250.50``: as people type it, for a form that begins with what holds now."""
    return f"{decimal.Decimal(amount_minor).scaleb(-exponent):f}"


@dataclasses.dataclass(frozen=True, slots=True)
class Figure:
    """An amount in two parts, so that the fraction can be drawn smaller."""

    whole: str
    fraction: str


def figure(amount_minor: int, currency: CurrencyLike) -> Figure:
    """Split before the point; a currency without minor units has no fraction."""
    text = shown(amount_minor, currency)
    if not currency.exponent:
        return Figure(text, "")
    return Figure(text[: -currency.exponent - 1], text[-currency.exponent - 1 :])
