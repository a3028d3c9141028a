"""The postings behind each kind of movement, as an accountant would write them down.

A wallet is a liability: money the organization owes its customer. So a payment debits the payer's
wallet and credits the receiver's.
"""

from __future__ import annotations

import uuid

from ledger.choices import Side
from ledger.services.movements import Leg, Posting


def inside(
    *, organization_id: uuid.UUID, payer: uuid.UUID, receiver: uuid.UUID, amount_minor: int
) -> tuple[Posting, ...]:
    """Between two wallets of one organization: debit the payer, credit the receiver."""
    return (_posting(organization_id, debit=payer, credit=receiver, amount_minor=amount_minor),)


def across(
    *,
    payer_organization_id: uuid.UUID,
    payer: uuid.UUID,
    payer_clearing: uuid.UUID,
    receiver_organization_id: uuid.UUID,
    receiver: uuid.UUID,
    receiver_clearing: uuid.UUID,
    amount_minor: int,
) -> tuple[Posting, ...]:
    """Between two organizations: one transaction in each one's books.

    The payer's side debits the wallet and credits what it now owes the other organization; the
    receiver's side debits its claim and credits the wallet.
    """
    return (
        _posting(
            payer_organization_id, debit=payer, credit=payer_clearing, amount_minor=amount_minor
        ),
        _posting(
            receiver_organization_id,
            debit=receiver_clearing,
            credit=receiver,
            amount_minor=amount_minor,
        ),
    )


def cash_in(
    *, organization_id: uuid.UUID, cash: uuid.UUID, wallet: uuid.UUID, amount_minor: int
) -> tuple[Posting, ...]:
    """A deposit: cash at bank grows, and so does what is owed to the customer."""
    return (_posting(organization_id, debit=cash, credit=wallet, amount_minor=amount_minor),)


def cash_out(
    *, organization_id: uuid.UUID, cash: uuid.UUID, wallet: uuid.UUID, amount_minor: int
) -> tuple[Posting, ...]:
    """A withdrawal: the customer is owed less, and cash at bank shrinks."""
    return (_posting(organization_id, debit=wallet, credit=cash, amount_minor=amount_minor),)


def _posting(
    organization_id: uuid.UUID, *, debit: uuid.UUID, credit: uuid.UUID, amount_minor: int
) -> Posting:
    return Posting(
        organization_id,
        (Leg(debit, Side.DEBIT, amount_minor), Leg(credit, Side.CREDIT, amount_minor)),
    )
