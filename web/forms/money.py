"""What moves money or sets its terms. Forms check shape only."""

from __future__ import annotations

from typing import Any

from django import forms

from kernel.money import MAX_MINOR
from kyc.choices import Tier
from wallets.choices import WalletKind
from web.forms.approvals import pin_field
from web.forms.fields import AmountField, Choices, HandleField, KeyField, LineField, offer

HOLD_DAYS = (("1", "1 day"), ("3", "3 days"), ("7", "7 days"), ("14", "14 days"), ("30", "30 days"))
WHOLE, PART = "whole", "part"


class SendForm(forms.Form):
    """Where from, where to, how much."""

    key = KeyField()
    source = forms.ChoiceField(label="From")
    destination = HandleField(label="To wallet")
    amount = AmountField(help_text="In the currency of the wallet you send from.")
    description = LineField(
        label="Note", max_length=140, required=False, help_text="The payee sees this."
    )

    def __init__(self, *args: Any, sources: Choices, payee_url: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "source", sources)
        self.fields["amount"].widget.attrs["class"] = "input-amount"
        destination = self.fields["destination"]
        assert isinstance(destination, HandleField)
        destination.names_holder(payee_url)


class HoldForm(SendForm):
    """The same, reserved instead of sent, for a number of days.

    `agreed` is the fee, in minor units, that was shown and is reserved on top.
    """

    agreed = forms.IntegerField(
        required=False, min_value=0, max_value=MAX_MINOR, widget=forms.HiddenInput
    )
    pin = pin_field("Your PIN", required=False)
    days = forms.ChoiceField(
        label="Keep it for",
        choices=HOLD_DAYS,
        initial="7",
        help_text="What is not captured by then is free again.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].label = "Reserve on"
        self.fields["destination"].label = "For wallet"
        self.fields["amount"].help_text = "In the currency of the wallet."


class PartForm(forms.Form):
    """How much of what is left: all of it, or a part."""

    key = KeyField()
    how_much = forms.ChoiceField(
        choices=[(WHOLE, "Everything"), (PART, "A part")],
        widget=forms.RadioSelect,
        initial=WHOLE,
    )
    amount = AmountField(label="How much", required=False)
    final = forms.BooleanField(label="Free the rest", required=False)
    description = LineField(label="Note", max_length=140, required=False)
    pin = pin_field("Your PIN", required=False)

    def clean(self) -> dict[str, Any]:
        """A part says how much."""
        given = super().clean() or {}
        if (
            given.get("how_much") == PART
            and not given.get("amount")
            and "amount" not in self.errors
        ):
            self.add_error("amount", "Say how much.")
        return given


class OpenWalletForm(forms.Form):
    """One wallet of each kind and currency for each holder."""

    kind = forms.ChoiceField(choices=WalletKind.choices)
    currency = forms.ChoiceField()
    owner = forms.ChoiceField(label="Holder")

    def __init__(self, *args: Any, currencies: Choices, owners: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "currency", currencies)
        offer(self, "owner", owners)
        if not owners:
            del self.fields["owner"]


class CapForm(forms.Form):
    """How much may be owed across two organizations; the partner is named by one of its wallets."""

    destination = forms.CharField(
        label="A wallet of the partner",
        max_length=64,
        widget=forms.TextInput(
            attrs={"class": "input-handle", "placeholder": "VC-7Q2M9K", "autocomplete": "off"}
        ),
    )
    currency = forms.ChoiceField()
    amount = forms.CharField(
        label="Cap",
        max_length=32,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, currencies: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "currency", currencies)


class FeeForm(forms.Form):
    """What one kind of movement costs. Empty amounts are zero; an empty ceiling is none."""

    kind = forms.ChoiceField(label="For")
    currency = forms.ChoiceField()
    fixed = AmountField(label="Fixed", required=False)
    percent = forms.DecimalField(
        label="Percent of the amount",
        required=False,
        min_value=0,
        max_value=100,
        decimal_places=2,
        widget=forms.TextInput(
            attrs={"inputmode": "decimal", "placeholder": "0.00", "autocomplete": "off"}
        ),
    )
    floor = AmountField(label="At least", required=False)
    ceiling = AmountField(label="At most", required=False)

    def __init__(self, *args: Any, kinds: Choices, currencies: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "kind", kinds)
        offer(self, "currency", currencies)


class OrganizationFeeForm(FeeForm):
    """The same, for an organization to be chosen."""

    organization = forms.ChoiceField()
    field_order = ("organization", "kind", "currency")

    def __init__(self, *args: Any, organizations: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "organization", organizations)


class LimitForm(forms.Form):
    """How much wallets of one kind and currency may pay out; empty is no limit."""

    organization = forms.ChoiceField(required=False)
    tier = forms.TypedChoiceField(
        label="Holders",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "Whatever their tier"), *((tier.value, tier.label) for tier in Tier)],
        help_text="A rule for one tier holds beside the rule for all: the smaller limit counts.",
    )
    wallet_kind = forms.ChoiceField(label="Wallets", choices=WalletKind.choices)
    currency = forms.ChoiceField()
    day = AmountField(label="In one day", required=False, help_text="Empty: no limit.")
    month = AmountField(label="In one month", required=False, help_text="Empty: no limit.")

    def __init__(
        self, *args: Any, organizations: Choices, currencies: Choices, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "organization", [("", "Every organization (for one tier)"), *organizations])
        offer(self, "currency", currencies)
