"""What captures of a hold will cost: fixed, and reserved, when the hold is placed."""

from __future__ import annotations

import dataclasses
import uuid

from wallets.choices import TransferKind
from wallets.directory import Listed
from wallets.models import FeeSchedule
from wallets.policy import fee_minor


@dataclasses.dataclass(frozen=True, slots=True)
class HoldFee:
    """The fee of a hold in minor units, and the income account that it goes to."""

    amount_minor: int = 0
    account_id: uuid.UUID | None = None


def fee_of_hold(source: Listed, amount_minor: int) -> HoldFee:
    """What the payer's organization charges for captures of so much, by its schedule of now.

    An organization pays itself nothing.
    """
    charged = FeeSchedule.objects.filter(
        organization_id=source.organization_id,
        kind=TransferKind.CAPTURE,
        currency_id=source.currency,
    ).first()
    if charged is None or source.owner_id is None:
        return HoldFee()
    fee = fee_minor(
        amount_minor=amount_minor,
        fixed_minor=charged.fixed_minor,
        bps=charged.bps,
        floor_minor=charged.floor_minor,
        ceiling_minor=charged.ceiling_minor,
    )
    return HoldFee(fee, charged.account_id) if fee else HoldFee()
