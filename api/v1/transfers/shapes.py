"""What is asked and what is answered about transfers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from accounts.choices import ApprovalMethod
from api import fields, queries
from api.schema.shapes import Problem, page_shape
from api.v1.entries import Entry
from api.v1.pending_acts import PendingAct
from api.v1.shapes import MadeBy, Money, id_member, minor
from ledger.errors import BatchTooLarge
from ledger.policy import MAX_BATCH
from wallets.choices import TransferKind, TransferState

MAX_DESCRIPTION = 200
API_KEY_SCOPE = "api_key_scope"


def approval_member(**kwargs: Any) -> fields.PatternField:
    """An approval, in a request."""
    return fields.PatternField(
        fields.id_pattern("apr"),
        message="Expected an approval's id.",
        required=False,
        help_text="Where one is needed: from `POST /approvals`. It does not make the request"
        " another one for its key.",
        **kwargs,
    )


class BatchItemOrder(fields.StrictSerializer):
    """Move an amount from one wallet to another, as one of several."""

    source_wallet = fields.wallet_reference(help_text="Wallet id or handle that pays.")
    destination_wallet = fields.wallet_reference(help_text="Wallet id or handle that receives.")
    amount_minor = fields.AmountField()
    currency = fields.currency(help_text="Must be the currency of both wallets.")
    description = fields.LineField(
        max_length=MAX_DESCRIPTION,
        default="",
        allow_blank=True,
        help_text="Both sides read it.",
    )
    metadata = fields.MetadataField(default=dict)
    expected_fee_minor = fields.CapField(
        required=False,
        help_text="The fee the payer agreed to; if it is another one by now, nothing moves.",
    )


class TransferOrder(BatchItemOrder):
    """Move an amount from one wallet to another."""

    approval = approval_member()


def require_few(data: Any) -> None:
    """Go on only with at most `MAX_BATCH` items.

    :raises BatchTooLarge: for more.
    """
    items = data.get("items") if isinstance(data, dict) else None
    if isinstance(items, list) and len(items) > MAX_BATCH:
        raise BatchTooLarge(facts={"maximum": MAX_BATCH, "items": len(items)}, pointer="/items")


class BatchOrder(fields.StrictSerializer):
    """Up to 500 transfers, judged one by one unless `all_or_nothing` is set."""

    items = BatchItemOrder(many=True, allow_empty=False, help_text=f"1 to {MAX_BATCH}.")
    all_or_nothing = fields.BooleanField(default=False)
    approval = approval_member()

    def to_internal_value(self, data: Any) -> Any:
        """The validated items; too many of them are refused before any is looked at.

        :raises BatchTooLarge: for more than `MAX_BATCH` items.
        """
        require_few(data)
        return super().to_internal_value(data)


class ReversalOrder(fields.StrictSerializer):
    """Give back all or a part."""

    amount_minor = fields.AmountField(
        required=False,
        help_text="Without it, all that is left. Inside an organization the last takes the fee"
        " with it.",
    )
    description = fields.LineField(max_length=MAX_DESCRIPTION, default="", allow_blank=True)
    approval = approval_member()


class CheckedBy(serializers.Serializer[Any]):
    """The second person who agreed to it."""

    pending_act = id_member("pac")
    id = id_member("usr")
    name = serializers.CharField()


class ApprovedBy(serializers.Serializer[Any]):
    """How who asked made sure that it is their will."""

    method = serializers.ChoiceField(
        choices=[*ApprovalMethod.values, API_KEY_SCOPE],
        help_text="`api_key_scope`: a key needs no approval beyond its scopes.",
    )
    id = id_member("apr", allow_null=True)


class End(serializers.Serializer[Any]):
    """One side of a transfer. `wallet` is told to the wallet's own organization only."""

    wallet = id_member("wal", allow_null=True)
    handle = serializers.CharField()
    name = serializers.CharField()


class Reversals(serializers.Serializer[Any]):
    """How much of a transfer was given back. Each of them: `GET /transfers?reverses=...`."""

    count = serializers.IntegerField(min_value=0)
    reversed_minor = minor()
    left_minor = minor(help_text="What could still be given back.")
    reversed_display = serializers.CharField()
    left_display = serializers.CharField()


class Transfer(serializers.Serializer[Any]):
    """A request to move money, and what became of it."""

    id = id_member("trf")
    kind = serializers.ChoiceField(choices=TransferKind.choices)
    state = serializers.ChoiceField(choices=TransferState.choices)
    reason_code = serializers.CharField(allow_null=True, help_text="Why it was refused.")
    amount_minor = minor()
    currency = serializers.CharField()
    display = serializers.CharField()
    fee = Money(
        allow_null=True,
        help_text="Paid by the source on top of the amount; in a reversal, what its destination got"
        " back of it. Only for the organization that charged it.",
    )
    source = End(allow_null=True)  # type: ignore[assignment]
    destination = End(allow_null=True)
    hold = id_member(
        "hld", allow_null=True, help_text="What it captured; only for the payer's organization."
    )
    reverses = id_member("trf", allow_null=True, help_text="The transfer that it gives back.")
    description = serializers.CharField()
    metadata = serializers.DictField(
        child=serializers.CharField(),
        allow_null=True,
        help_text="Only for the side that asked.",
    )
    external_reference = serializers.CharField(allow_null=True)
    made_by = MadeBy(allow_null=True, help_text="Only for the side that asked.")
    approval = ApprovedBy(
        allow_null=True, help_text="The same; null where nobody had to approve it."
    )
    checked = CheckedBy(allow_null=True, help_text="The same; null where it took no second person.")
    created_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)
    effective_at = serializers.DateTimeField(
        allow_null=True,
        help_text="From when it counts, where a deposit or withdrawal named an earlier time.",
    )
    source_transaction = id_member("txn", allow_null=True)
    destination_transaction = id_member("txn", allow_null=True)
    entries = Entry(many=True, required=False, help_text="With `expand=entries`: your side's.")
    reversals = Reversals(
        required=False, help_text="With `expand=reversals`: what was given back of it."
    )


class BatchItem(serializers.Serializer[Any]):
    """What became of one item of a batch."""

    index = serializers.IntegerField(min_value=0)
    status = serializers.IntegerField(help_text="The status this item alone would have had.")
    code = serializers.CharField(allow_null=True)
    transfer = Transfer(allow_null=True)
    problem = Problem(allow_null=True)
    pending_act = PendingAct(allow_null=True)


class BatchResult(serializers.Serializer[Any]):
    """What became of each item, in order."""

    completed = serializers.IntegerField(min_value=0)
    refused = serializers.IntegerField(min_value=0)
    waiting = serializers.IntegerField(
        min_value=0, help_text="Those that a second person has to agree to."
    )
    items = BatchItem(many=True)


TransferPage = page_shape(Transfer, "TransferPage")


def expansion() -> queries.ExpandField:
    """What transfers can be shown with."""
    return queries.ExpandField(
        "entries",
        "reversals",
        help_text="`entries`: your organization's own; `reversals`: what was given back of it.",
    )


class TransferQuery(queries.PageQuery):
    """Filters of the list."""

    list_name = "transfers"

    state = queries.one_of(*TransferState.values, required=False)
    kind = queries.one_of(*TransferKind.values, required=False)
    currency = fields.currency(required=False)
    wallet = fields.wallet_reference(
        required=False, help_text="Paid from or to this wallet: its id or handle."
    )
    hold = fields.PatternField(
        fields.id_pattern("hld"),
        message="Expected a hold's id.",
        required=False,
        help_text="Captures of this hold.",
    )
    reverses = fields.PatternField(
        fields.id_pattern("trf"),
        message="Expected a transfer's id.",
        required=False,
        help_text="Reversals of this transfer.",
    )
    created_from = queries.TimeField(required=False, help_text="Not earlier than this.")
    created_before = queries.TimeField(required=False, help_text="Earlier than this.")
    expand = expansion()


class OneTransferQuery(queries.Query):
    """What one transfer can be shown with."""

    expand = expansion()


ORDER_EXAMPLE = OpenApiExample(
    "inside one organization",
    {
        "source_wallet": "VC-7Q2M9K",
        "destination_wallet": "wal_01h455vb4pex5vsknk084sn02q",
        "amount_minor": 12550,
        "currency": "INR",
        "description": "Invoice 2041",
        "metadata": {"invoice": "INV-2041"},
    },
    request_only=True,
)


RESULT_EXAMPLE = OpenApiExample(
    "carried out",
    {
        "id": "trf_01m7wvjr2ye22852wcfwmqp797",
        "kind": "transfer",
        "state": "COMPLETED",
        "reason_code": None,
        "amount_minor": 12550,
        "currency": "INR",
        "display": "₹125.50",
        "fee": {"amount_minor": 0, "currency": "INR", "display": "₹0.00"},
        "source": {
            "wallet": "wal_01m7wvhcn8ea2988sew5a95mp1",
            "handle": "VC-7Q2M9K",
            "name": "Ananya Iyer",
        },
        "destination": {"wallet": None, "handle": "VC-1PW609", "name": "Suresh Venkataraman"},
        "hold": None,
        "reverses": None,
        "description": "Invoice 2041",
        "metadata": {"invoice": "INV-2041"},
        "external_reference": None,
        "made_by": {
            "kind": "user",
            "id": "usr_01m7wvh42zefes3s982rwrxda4",
            "door": "api",
            "name": "Ananya Iyer",
        },
        "approval": None,
        "checked": None,
        "created_at": "2026-11-20T10:30:00.030210Z",
        "completed_at": "2026-11-20T10:30:00.050175Z",
        "source_transaction": "txn_01m7wvjr36e178z5wa0b4fzt1b",
        "destination_transaction": None,
    },
    response_only=True,
    status_codes=["200", "201"],
)
