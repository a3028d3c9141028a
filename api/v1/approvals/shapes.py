"""Approvals as they are asked for and answered."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.choices import ApprovalKind, ApprovalMethod
from accounts.services.approvals import METHOD_OF
from api import fields
from api.v1.factors.shapes import Challenge as FactorChallenge
from api.v1.factors.shapes import CredentialField
from api.v1.payouts import BeneficiaryOrder
from api.v1.pins import pin_member
from api.v1.shapes import Money, id_member
from api.v1.transfers.shapes import BatchItemOrder, require_few
from ledger.policy import MAX_BATCH


class ApprovalSubject(fields.StrictSerializer):
    """What to approve. Each kind needs its own members."""

    kind = serializers.ChoiceField(
        choices=ApprovalKind.choices,
        help_text="`transfer` and `hold` need wallets, amount and currency; `payout` a"
        " `beneficiary` in place of the destination; `capture` a hold and `reversal` a transfer,"
        " both with an amount for a part; `batch` its items.",
    )
    source_wallet = fields.wallet_reference(required=False)
    destination_wallet = fields.wallet_reference(required=False)
    beneficiary = BeneficiaryOrder(
        required=False, help_text="In place of `destination_wallet`, for a payout."
    )
    amount_minor = fields.AmountField(required=False)
    currency = fields.currency(required=False)
    hold = fields.PatternField(
        fields.id_pattern("hld"), message="Expected a hold's id.", required=False
    )
    transfer = fields.PatternField(
        fields.id_pattern("trf"), message="Expected a transfer's id.", required=False
    )
    items = BatchItemOrder(
        many=True,
        required=False,
        allow_empty=False,
        help_text=f"1 to {MAX_BATCH}, in the order of the batch.",
    )
    all_or_nothing = fields.BooleanField(default=False)

    def to_internal_value(self, data: Any) -> Any:
        """The validated members; too many items are refused before any is looked at.

        :raises BatchTooLarge: for more than `MAX_BATCH` items.
        """
        require_few(data)
        return super().to_internal_value(data)


class ApprovalOrder(ApprovalSubject):
    """What to approve, and the proof that it is you."""

    method = serializers.ChoiceField(choices=ApprovalMethod.choices)
    pin = pin_member(required=False, help_text="For the method `pin`.")
    challenge = fields.TextField(
        max_length=100,
        required=False,
        help_text="For the others: from `POST /approvals/challenges`, with the same movement.",
    )
    code = fields.TextField(max_length=40, required=False, help_text="For `totp`, `email_otp`.")
    passkey = CredentialField(required=False, help_text="For the method `passkey`.")


class Approval(serializers.Serializer[Any]):
    """An approval: for this movement, in this session, once, until it expires."""

    id = id_member("apr")
    kind = serializers.ChoiceField(choices=ApprovalKind.choices)
    method = serializers.ChoiceField(choices=ApprovalMethod.choices)
    source_wallet = id_member("wal", allow_null=True)
    amount = Money(allow_null=True, help_text="Of a batch, the sum; null in several currencies.")
    fee = Money(allow_null=True, help_text="Bound with it; null where it is decided later.")
    item_count = serializers.IntegerField(min_value=1)
    expires_at = serializers.DateTimeField()


class ApprovalChallenge(FactorChallenge):
    """A proof is asked for, of this movement alone."""

    methods = serializers.ListField(
        child=serializers.ChoiceField(choices=[one.value for one in METHOD_OF.values()]),
        help_text="The best first, by the names that `method` of `POST /approvals` takes. A code"
        " by e-mail is offered only to who has no app, no passkey and no PIN.",
    )


class ApprovalChallenged(serializers.Serializer[Any]):
    """What to answer with `POST /approvals`."""

    challenge = ApprovalChallenge()
