"""What the organization and its partners owe each other, and the cap on it."""

from __future__ import annotations

import dataclasses

from accounts.queries import display_names
from ledger.choices import AccountKind
from ledger.queries import accounts
from web.presenters.money import shown


@dataclasses.dataclass(frozen=True, slots=True)
class PartnerRow:
    """One partner and currency.

    :param cap: the smaller of both sides' caps; empty until both have stated one.
    """

    name: str
    currency: str
    position: str
    cap: str


def partner_rows() -> list[PartnerRow]:
    """Every clearing account in view, by partner."""
    rows = list(accounts().filter(kind=AccountKind.CLEARING)[:100])
    names = display_names([row.counterparty_id for row in rows if row.counterparty_id])
    found = [
        PartnerRow(
            name=names.get(row.counterparty_id, "") if row.counterparty_id else "",
            currency=row.currency_id,
            position=_position(row.posted_minor, shown(abs(row.posted_minor), row.currency)),
            cap=shown(row.ceiling_minor, row.currency) if row.ceiling_minor else "",
        )
        for row in rows
    ]
    return sorted(found, key=lambda row: (row.name, row.currency))


def _position(posted_minor: int, amount: str) -> str:
    """The account is a liability: above zero we owe, below zero we are owed."""
    if posted_minor == 0:
        return "Nothing open"
    return f"You owe {amount}" if posted_minor > 0 else f"You are owed {amount}"
