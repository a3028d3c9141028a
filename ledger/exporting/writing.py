"""The order of a journal: declarations, transactions by effective time, and our balances last."""

from __future__ import annotations

import abc
import datetime as dt
import uuid
from collections.abc import Iterator
from typing import TextIO

from ledger.exporting.naming import names_of
from ledger.exporting.reading import Account, Books, Transaction


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
    def assertions(self, day: dt.date) -> Iterator[str]:
        """What our books say of every account after everything before this day."""

    def amount(self, account_id: uuid.UUID, amount_minor: int) -> str:
        """``-1250.50 INR``: exact, with all the digits of the account's currency."""
        currency = self._currency[account_id]
        return f"{decimal_text(amount_minor, self.books.exponents[currency])} {currency}"

    def balance(self, account: Account) -> str:
        """The account's balance, debits less credits."""
        return self.amount(account.id, account.balance_minor)


def write_books(writer: Writer, stream: TextIO) -> int:
    """Write the whole journal; the number of transactions in it."""
    stream.writelines(writer.declarations())
    count = 0
    for transaction in writer.books.transactions:
        stream.write(writer.transaction(transaction))
        count += 1
    stream.writelines(writer.assertions(writer.books.last_day + dt.timedelta(days=1)))
    return count


def decimal_text(amount_minor: int, exponent: int) -> str:
    """Minor units in major ones: ``decimal_text(-5, 2) -> "-0.05"``, ``(500, 0) -> "500"``."""
    digits = f"{abs(amount_minor):0{exponent + 1}d}"
    whole, fraction = digits[: len(digits) - exponent], digits[len(digits) - exponent :]
    sign = "-" if amount_minor < 0 else ""
    return f"{sign}{whole}.{fraction}" if exponent else f"{sign}{whole}"
