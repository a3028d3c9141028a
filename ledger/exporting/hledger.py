"""hledger's journal format; `hledger check --strict` finds everything declared."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterable, Iterator

from kernel.ids import encode
from ledger.exporting.reading import Transaction
from ledger.exporting.writing import Writer, decimal_text

# A description ends at a semicolon or the line's end. These and the sign of the escape itself are
# written as %XX of their UTF-8 bytes, as in addresses.
_SPECIAL = re.compile("[%;\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Hledger(Writer):
    """Dates are effective dates in each organization's time zone; debits are positive."""

    def declarations(self) -> Iterator[str]:
        yield "; Exported by VaultCraft.\n"
        yield "; Dates are effective dates in each organization's time zone.\n\ndecimal-mark .\n"
        for currency, exponent in self.books.exponents.items():
            # The sample amount needs a point even where there are no digits behind it.
            sample = decimal_text(1000 * 10**exponent, exponent)
            yield f"commodity {sample if exponent else sample + '.'} {currency}\n"
        yield "\n"
        for account in self.books.accounts:
            yield f"account {self.names[account.id]}\n"
        yield "\n"

    def transaction(self, transaction: Transaction) -> str:
        code = encode("txn", transaction.id)
        told = escaped(transaction.description)
        head = f"{transaction.day} * ({code}) {transaction.kind} | {told}".rstrip()
        lines = [
            f"    {self.names[account]}  {self.amount(account, amount_minor)}\n"
            for account, amount_minor in transaction.lines
        ]
        return f"{head}\n{''.join(lines)}\n"

    def assertions(
        self, day: dt.date, balances: Iterable[tuple[uuid.UUID, int]], *, told: str
    ) -> Iterator[str]:
        yield f"{day} * {escaped(told)}\n"
        for account, amount_minor in balances:
            zero, stood = self.amount(account, 0), self.amount(account, amount_minor)
            yield f"    {self.names[account]}  {zero} = {stood}\n"
        yield "\n"


def escaped(text: str) -> str:
    """The text in one line that no part of is taken for a comment."""
    return _SPECIAL.sub(lambda odd: "".join(f"%{b:02X}" for b in odd[0].encode()), text)
