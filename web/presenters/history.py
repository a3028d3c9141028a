"""What was given back of a transfer, and what it gives back itself: the history both ways."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

from django.urls import reverse

from kernel.ids import encode
from wallets.choices import TransferKind, TransferState
from wallets.models import Transfer
from web.presenters.holds import PREFIX
from web.presenters.money import shown


@dataclasses.dataclass(frozen=True, slots=True)
class Related:
    """Another transfer of the same history."""

    url: str
    amount: str
    fee: str
    description: str
    at: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class History:
    """Where a transfer stands between its original and its reversals, amounts ready to read.

    :param original: what it gives back; None for anything but a reversal.
    :param back: what was given back of it, oldest first.
    :param left: how much of it is left to give back; empty when nothing is.
    :param fee_left: how much of its fee goes back with the whole rest.
    :param give_back_url: empty where the reader may not, or nothing is left.
    :param hold_url: of the hold that a capture took from.
    """

    original: Related | None
    back: list[Related]
    given: str
    left: str
    fee_left: str
    give_back_url: str
    hold_url: str


@dataclasses.dataclass(frozen=True, slots=True)
class Left:
    """What of a transfer was not given back yet, in minor units."""

    amount_minor: int
    fee_minor: int


def left_of(transfer: Transfer, back: Sequence[Transfer]) -> Left:
    """What is left after these reversals; nothing of a transfer that moved nothing.

    A fee is left to give back inside an organization only: who gives back across leaves it alone.
    """
    if transfer.state != TransferState.COMPLETED or transfer.kind == TransferKind.REVERSAL:
        return Left(0, 0)
    return Left(
        transfer.amount_minor - sum(one.amount_minor for one in back),
        0
        if transfer.counterparty_organization_id
        else transfer.fee_minor - sum(one.fee_minor for one in back),
    )


def history(
    transfer: Transfer,
    *,
    original: Transfer | None,
    back: Sequence[Transfer],
    may_give_back: bool,
    sees_fee: bool,
    sees_hold: bool,
) -> History:
    """The history of one transfer.

    :param sees_fee: whether the fee is the reader's business.
    """
    currency, left = transfer.currency, left_of(transfer, back)
    given_minor = sum(one.amount_minor for one in back)
    offered = may_give_back and left.amount_minor > 0
    place = reverse("web:give-back", args=[encode("trf", transfer.id)])
    return History(
        original=related(original, sees_fee=sees_fee) if original else None,
        back=[related(one, sees_fee=sees_fee) for one in back],
        given=shown(given_minor, currency) if given_minor else "",
        left=shown(left.amount_minor, currency) if left.amount_minor else "",
        fee_left=shown(left.fee_minor, currency) if sees_fee and left.fee_minor else "",
        give_back_url=place if offered else "",
        hold_url=reverse("web:hold", args=[encode(PREFIX, transfer.hold_id)])
        if transfer.hold_id and sees_hold
        else "",
    )


def related(transfer: Transfer, *, sees_fee: bool) -> Related:
    """One line of a history."""
    return Related(
        url=reverse("web:transfer", args=[encode("trf", transfer.id)]),
        amount=shown(transfer.amount_minor, transfer.currency),
        fee=shown(transfer.fee_minor, transfer.currency) if transfer.fee_minor and sees_fee else "",
        description=transfer.description,
        at=transfer.created_at,
    )
