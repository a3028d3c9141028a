"""A notice in words, for whoever reads it, through whichever channel."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Mapping

from accounts.services.pending_acts import kind_of
from kernel.errors import InvariantBroken
from kernel.ids import encode
from kernel.money import display
from kyc.choices import Reason
from notifications.choices import Topic
from notifications.kinds import ACT, TRANSFER, Kind
from wallets.choices import TransferKind


@dataclasses.dataclass(frozen=True, slots=True)
class Words:
    """What a notice says.

    :param place: the page it leads to, without a slash in front.
    """

    title: str
    sentence: str
    place: str


def words_of(
    *,
    kind: Kind,
    organization_id: uuid.UUID | None,
    subject_id: uuid.UUID | None,
    amount_minor: int | None,
    currency: str | None,
    detail: str,
    exponents: Mapping[str, int],
) -> Words:
    """The words of one notice.

    :param exponents: digits after the point by currency.
    """
    amount = ""
    if amount_minor is not None and currency is not None:
        digits = exponents[currency]
        amount = display(amount_minor=amount_minor, currency=currency, exponent=digits)
    return Words(
        title=kind.title.format(amount=amount),
        sentence=kind.sentence.format(amount=amount, detail=_said(kind, detail)),
        place=_place(kind, organization_id=organization_id, subject_id=subject_id),
    )


def _said(kind: Kind, detail: str) -> str:
    """A code in words; the code itself where nobody knows it any more."""
    try:
        if kind.subject == ACT:
            return kind_of(detail).title
        if kind.subject == TRANSFER:
            return str(TransferKind(detail).label)
        return str(Reason(detail).label) if kind.topic is Topic.VERIFICATION else detail
    except (InvariantBroken, ValueError):
        return detail


def _place(kind: Kind, *, organization_id: uuid.UUID | None, subject_id: uuid.UUID | None) -> str:
    if kind.subject == ACT and organization_id is None:
        # The platform's own acts are decided on the staff site.
        return f"admin/pending-acts/decide/?id={subject_id}"
    if not kind.subject or subject_id is None:
        return kind.place
    return f"{kind.place}/{encode(kind.subject, subject_id)}"
