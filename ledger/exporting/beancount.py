"""Beancount's format; `bean-check` finds every balance as our books say it is."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterable, Iterator

from kernel.ids import encode
from ledger.exporting.reading import Transaction
from ledger.exporting.writing import Writer

_SPECIAL = re.compile('[%"\\\\\x00-\x1f\x7f-\x9f\u2028\u2029]')
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


class Beancount(Writer):
    """Dates are effective dates in each organization's time zone; debits are positive."""

    def declarations(self) -> Iterator[str]:
        yield ";; Exported by VaultCraft.\n"
        yield ";; Dates are effective dates in each organization's time zone.\n\n"
        yield 'option "title" "VaultCraft"\n'
        for currency in self.books.exponents:
            yield f'option "operating_currency" "{currency}"\n'
        yield "\n"
        for currency, exponent in self.books.exponents.items():
            yield f"{self.books.first_day} commodity {currency}\n  precision: {exponent}\n"
        yield "\n"
        for account in self.books.accounts:
            name = self.names[account.id]
            yield f"{self.books.first_day} open {name} {account.currency}\n"
            yield f"  title: {quoted(account.name)}\n"
        yield "\n"

    def transaction(self, transaction: Transaction) -> str:
        head = f"{transaction.day} * {quoted(transaction.kind)} {quoted(transaction.description)}"
        lines = [
            f"  {self.names[account]}  {self.amount(account, amount_minor)}\n"
            for account, amount_minor in transaction.lines
        ]
        return f'{head}\n  id: "{encode("txn", transaction.id)}"\n{"".join(lines)}\n'

    def assertions(
        self, day: dt.date, balances: Iterable[tuple[uuid.UUID, int]], *, told: str
    ) -> Iterator[str]:
        yield f";; {escaped(told)}\n"
        for account, amount_minor in balances:
            # Exact: without the tilde beancount forgives half a unit of the last digit.
            number, currency = self.amount(account, amount_minor).split()
            yield f"{day} balance {self.names[account]}  {number} ~ 0 {currency}\n"
        yield "\n"


def quoted(text: str) -> str:
    """The text as a string of the format; control characters as %XX, as in addresses."""
    return f'"{escaped(text)}"'


def escaped(text: str) -> str:
    """The text in one line."""
    return _SPECIAL.sub(_escape, text)


def _escape(odd: re.Match[str]) -> str:
    known = _ESCAPES.get(odd[0])
    return known or "".join(f"%{byte:02X}" for byte in odd[0].encode())
