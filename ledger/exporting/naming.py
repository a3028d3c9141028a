"""Names that every plain-text program accepts, one for each account and no two alike."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable

from ledger.exporting.reading import Account

_ROOTS = {
    "ASSET": "Assets",
    "LIABILITY": "Liabilities",
    "EQUITY": "Equity",
    "INCOME": "Income",
    "EXPENSE": "Expenses",
}
_ODD = re.compile(r"[^A-Za-z0-9]+")


def names_of(accounts: Iterable[Account]) -> dict[uuid.UUID, str]:
    """Class, organization, code and currency: ``Liabilities:Acme:2000-VC-0HX3KD:INR``.

    Organizations and codes may hold any text. What is odd in it becomes a dash, and where two
    accounts then read alike, the later one has its id at the end.
    """
    names: dict[uuid.UUID, str] = {}
    taken: set[str] = set()
    for account in accounts:
        parts = [_segment(account.organization), _segment(account.code), account.currency]
        name = ":".join([_ROOTS[account.account_class], *parts])
        if name in taken:
            name = f"{name}-{account.id.hex}"
        taken.add(name)
        names[account.id] = name
    return names


def _segment(text: str) -> str:
    """ASCII letters, digits and dashes, beginning with a capital letter or a digit."""
    plain = _ODD.sub("-", text).strip("-") or "X"
    return plain[0].upper() + plain[1:]
