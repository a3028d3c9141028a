"""The chart of accounts that every organization begins with."""

from __future__ import annotations

import dataclasses
import re

from ledger.choices import AccountClass, AccountKind


@dataclasses.dataclass(frozen=True, slots=True)
class Heading:
    """One heading; `parent` is the code of the heading above, None for the five roots."""

    code: str
    name: str
    account_class: AccountClass
    parent: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class SystemAccount:
    """An account the program opens by itself, below a heading."""

    code: str
    name: str
    kind: AccountKind
    account_class: AccountClass
    heading: str
    floor_minor: int | None = None


_A, _L, _E, _I, _X = (
    AccountClass.ASSET,
    AccountClass.LIABILITY,
    AccountClass.EQUITY,
    AccountClass.INCOME,
    AccountClass.EXPENSE,
)

# Each heading after its parent.
HEADINGS = (
    Heading("1000", "Assets", _A),
    Heading("1100", "Cash at bank", _A, "1000"),
    Heading("1200", "Receivables", _A, "1000"),
    Heading("1900", "Other assets", _A, "1000"),
    Heading("2000", "Liabilities", _L),
    Heading("2100", "Customer wallets", _L, "2000"),
    Heading("2200", "Payables", _L, "2000"),
    Heading("2900", "Clearing with other organizations", _L, "2000"),
    Heading("3000", "Equity", _E),
    Heading("3100", "Capital and opening balances", _E, "3000"),
    Heading("3200", "Retained earnings", _E, "3000"),
    Heading("3900", "Currency positions", _E, "3000"),
    Heading("4000", "Income", _I),
    Heading("4100", "Fees", _I, "4000"),
    Heading("4200", "Other income", _I, "4000"),
    Heading("4900", "Rounding and exchange differences", _I, "4000"),
    Heading("5000", "Expenses", _X),
    Heading("5100", "Bank charges", _X, "5000"),
    Heading("5200", "Operating expenses", _X, "5000"),
    Heading("5900", "Losses and write-offs", _X, "5000"),
)

CASH = SystemAccount("1000-CASH", "Cash at bank", AccountKind.CASH, _A, "1100", floor_minor=0)
FEES = SystemAccount("4000-FEES", "Fee income", AccountKind.FEE_INCOME, _I, "4100")
OPENING = SystemAccount("3000-OPENING", "Opening balances", AccountKind.GENERAL, _E, "3100")
RESIDUE = SystemAccount(
    "4900-RESIDUE", "Rounding and exchange residue", AccountKind.GENERAL, _I, "4900"
)
POSITION = SystemAccount("3900-FX", "Currency position", AccountKind.FX_POSITION, _E, "3900")

# Opened with the organization, in its base currency; in other currencies at first use.
FOUNDED = (CASH, FEES, OPENING, RESIDUE)

WALLETS, CLEARING = "2100", "2900"

# A point or dash stands between two others, so no two codes differ by what a reader overlooks.
CODE = r"^[0-9]{4}(?:[0-9A-Z]|[.-](?=[0-9A-Z])){0,28}$"
_SYSTEMS = re.compile(r"([0-9]000|2900|3900|4900)-")


def is_code(text: str) -> bool:
    """Whether a heading or an account may be called this."""
    return re.fullmatch(CODE, text, re.ASCII) is not None


def is_reserved(text: str) -> bool:
    """Whether the program itself opens accounts under codes like this."""
    return _SYSTEMS.match(text) is not None
