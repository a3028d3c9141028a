"""What is asked and what is answered about holds."""

from __future__ import annotations

import datetime as dt
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api import fields, queries
from api.schema.shapes import page_shape
from api.v1.shapes import MadeBy, id_member, minor
from api.v1.transfers.shapes import MAX_DESCRIPTION, ApprovedBy, End, approval_member
from ledger.choices import HoldState
from wallets.services.holds import LONGEST

DEFAULT_TIME = dt.timedelta(days=7)
MAX_SECONDS = int(LONGEST.total_seconds())


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": MAX_SECONDS})
class SecondsField(fields.AmountField):
    """How long from now, in whole seconds."""

    most = MAX_SECONDS


class HoldOrder(fields.StrictSerializer):
    """Reserve an amount on one wallet for another."""

    source_wallet = fields.wallet_reference(help_text="Wallet id or handle that will pay.")
    destination_wallet = fields.wallet_reference(help_text="Wallet id or handle it is for.")
    amount_minor = fields.AmountField()
    currency = fields.currency(help_text="Must be the currency of both wallets.")
    expires_at = queries.TimeField(
        required=False, help_text=f"When the money is free again, within {LONGEST.days} days."
    )
    expires_in_seconds = SecondsField(
        required=False, help_text=f"Instead of `expires_at`; {DEFAULT_TIME.days} days by default."
    )
    expected_fee_minor = fields.CapField(
        required=False,
        help_text="The fee the payer agreed to; if it is another one by now, nothing is reserved.",
    )
    description = fields.LineField(max_length=MAX_DESCRIPTION, default="", allow_blank=True)
    metadata = fields.MetadataField(default=dict)
    approval = approval_member()


class CaptureOrder(fields.StrictSerializer):
    """Take all or a part of what a hold has left."""

    amount_minor = fields.AmountField(
        required=False, help_text="Without it, everything that is left."
    )
    final = fields.BooleanField(
        default=False, help_text="Whether what is left after this is free again."
    )
    description = fields.LineField(
        max_length=MAX_DESCRIPTION,
        default="",
        allow_blank=True,
        help_text="The hold's own, if empty.",
    )
    approval = approval_member()


class Hold(serializers.Serializer[Any]):
    """Reserved money. `amount_minor` is the sum of captured, released and remaining."""

    id = id_member("hld")
    state = serializers.ChoiceField(choices=HoldState.choices)
    amount_minor = minor()
    captured_minor = minor(help_text="Paid out of it so far.")
    released_minor = minor(help_text="Free again.")
    remaining_minor = minor(help_text="Still reserved of the amount.")
    fee_minor = minor(
        help_text="Reserved on top of the amount when it was placed; captures take it in shares."
    )
    fee_captured_minor = minor(help_text="What captures took of the fee so far.")
    fee_remaining_minor = minor(help_text="Still reserved of the fee.")
    currency = serializers.CharField()
    display = serializers.CharField()
    remaining_display = serializers.CharField()
    source = End()  # type: ignore[assignment]
    destination = End()
    description = serializers.CharField()
    metadata = serializers.DictField(
        child=serializers.CharField(),
        allow_null=True,
        help_text="For who placed it, and who may see all of the organization's transfers.",
    )
    made_by = MadeBy(allow_null=True, help_text="For the same.")
    approval = ApprovedBy(
        allow_null=True, help_text="For the same; null where nobody had to approve it."
    )
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


HoldPage = page_shape(Hold, "HoldPage")


class HoldQuery(queries.PageQuery):
    """Filters of the list."""

    list_name = "holds"

    state = queries.one_of(*HoldState.values, required=False)
    currency = fields.currency(required=False)
    wallet = fields.wallet_reference(
        required=False, help_text="Reserved on this wallet, or for it: its id or handle."
    )
