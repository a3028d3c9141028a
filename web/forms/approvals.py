"""Deciding about others' acts, and saying which take a second person."""

from __future__ import annotations

from typing import Any

from django import forms

from web.forms.fields import Choices, LineField, offer


class DecisionForm(forms.Form):
    """Yes, no, or taking it back."""

    decision = forms.ChoiceField(
        choices=[("approve", "Approve"), ("reject", "Reject"), ("withdraw", "Withdraw")]
    )
    note = LineField(max_length=200, required=False, help_text="Kept with the act.")


class PolicyForm(forms.Form):
    """Which acts take a second person."""

    roles = forms.BooleanField(label="Making somebody an owner, admin or finance", required=False)
    journals = forms.BooleanField(label="Entries by hand, and undoing them", required=False)
    terms = forms.BooleanField(label="Fees and clearing caps", required=False)


class ThresholdForm(forms.Form):
    """From which amount on payments take a second person."""

    currency = forms.ChoiceField()
    amount = forms.CharField(
        label="Without a second person, in 24 hours",
        max_length=32,
        required=False,
        help_text="For each person and each wallet. Empty: any amount.",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    counts_keys = forms.BooleanField(label="API keys too", required=False, initial=True)

    def __init__(self, *args: Any, currencies: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "currency", currencies)
