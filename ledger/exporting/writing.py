"""The order of a journal: declarations, transactions by their day, and our balances last.

Between them stand the balances with which periods were closed, before anything of the day after.
"""

from __future__ import annotations

import abc
import datetime as dt
import heapq
import uuid
from collections.abc import Iterable, Iterator
from typing import TextIO

from ledger.exporting.naming import names_of
from ledger.exporting.reading import Books, Closing, Transaction


class Writer(abc.ABC):
    """One plain-text format.

    :param books: what is exported; amounts are written in its currencies' major units.
    """

    def __init__(self, books: Books) -> None:
        self.books = books
        self.names: dict[uuid.UUID, str] = names_of(books.accounts)
        self._currency = {account.id: account.currency for account in books.accounts}

    @abc.abstractmethod
    def declarations(self) -> Iterator[str]:
        """Every commodity and every account, before they are used."""

    @abc.abstractmethod
    def transaction(self, transaction: Transaction) -> str:
        """One transaction with all its lines."""

    @abc.abstractmethod
    def assertions(
        self, day: dt.date, balances: Iterable[tuple[uuid.UUID, int]], *, told: str
    ) -> Iterator[str]:
        """What our books say of these accounts after everything before this day."""

    def amount(self, account_id: uuid.UUID, amount_minor: int) -> str:
        """``-1250.50 INR``: exact, with all the digits of the account's currency."""
        currency = self._currency[account_id]
        return f"{decimal_text(amount_minor, self.books.exponents[currency])} {currency}"


def write_books(writer: Writer, stream: TextIO) -> int:
    """Write the whole journal; the number of transactions in it."""
    stream.writelines(writer.declarations())
    books, count = writer.books, 0
    for one in _by_day(books):
        if isinstance(one, Closing):
            told = f"Period of {one.organization} closed"
            stream.writelines(writer.assertions(one.day, one.balances, told=told))
        else:
            stream.write(writer.transaction(one))
            count += 1
    balances = [(account.id, account.balance_minor) for account in books.accounts]
    after = books.last_day + dt.timedelta(days=1)
    stream.writelines(writer.assertions(after, balances, told="Balances as VaultCraft keeps them"))
    return count


def _by_day(books: Books) -> Iterator[Closing | Transaction]:
    """Both in one; of one day the closings come first, for they are of the day before."""
    both: tuple[Iterator[Closing | Transaction], ...] = (books.closings, books.transactions)
    return heapq.merge(*both, key=lambda one: one.day)


def decimal_text(amount_minor: int, exponent: int) -> str:
    """Minor units in major ones: ``decimal_text(-5, 2) -> "-0.05"``, ``(500, 0) -> "500"``."""
    digits = f"{abs(amount_minor):0{exponent + 1}d}"
    whole, fraction = digits[: len(digits) - exponent], digits[len(digits) - exponent :]
    sign = "-" if amount_minor < 0 else ""
    return f"{sign}{whole}.{fraction}" if exponent else f"{sign}{whole}"
