"""The postings behind each kind of movement, as an accountant would write them down.

A wallet is a liability: money the organization owes its customer. So a payment debits the payer's
wallet and credits the receiver's.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Mapping

from ledger.choices import Side
from ledger.services.movements import Leg, Posting
from ledger.services.undoing import Original


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


def with_fee(
    postings: tuple[Posting, ...], *, payer: uuid.UUID, income: uuid.UUID, fee_minor: int
) -> tuple[Posting, ...]:
    """The same movement with a fee on top: the payer's transaction also debits the wallet and
    credits the organization's income. The fee has legs of its own, so that it can be kept when the
    payment is given back."""
    paying, *others = postings
    fee = (Leg(payer, Side.DEBIT, fee_minor), Leg(income, Side.CREDIT, fee_minor))
    return (dataclasses.replace(paying, legs=paying.legs + fee), *others)


def reversal(original: Original, *, amount_minor: int, returns_fee: bool) -> Posting:
    """The first two legs of a payment on their other side, by the amount; with the last of it also
    a fee's two, by what is left of them, if it `returns_fee`.

    For any other transaction give each leg's amount to `undoing`.
    """
    principal, fee = original.entries[:2], original.entries[2:4]
    posting = undoing(original, {entry.id: amount_minor for entry in principal})
    if not returns_fee:
        return posting
    closing = undoing(original, {entry.id: entry.amount_minor for entry in fee})
    return dataclasses.replace(posting, closing=closing.legs)


def undoing(original: Original, amounts_minor: Mapping[int, int]) -> Posting:
    """The entries of a transaction on their other side, each by its amount in minor units.

    :param amounts_minor: by entry id; entries that are missing, or zero, are left alone.
    """
    legs = tuple(
        Leg(
            entry.account_id,
            Side.CREDIT if entry.side == Side.DEBIT else Side.DEBIT,
            amounts_minor[entry.id],
            reverses=entry.id,
        )
        for entry in original.entries
        if amounts_minor.get(entry.id)
    )
    return Posting(original.organization_id, legs, reverses=original.transaction_id)


def _posting(
    organization_id: uuid.UUID, *, debit: uuid.UUID, credit: uuid.UUID, amount_minor: int
) -> Posting:
    return Posting(
        organization_id,
        (Leg(debit, Side.DEBIT, amount_minor), Leg(credit, Side.CREDIT, amount_minor)),
    )
