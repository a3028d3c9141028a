"""By which rules an organization goes: approvals, dual control, days, and wallets."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django import forms

from wallets.models.policies import MOST_OF_A_KIND
from web.forms.fields import Choices, LongSelect, offer


class ApprovalPolicyForm(forms.Form):
    """From what amount on people approve what they move."""

    EVERY, OVER, NEVER = "every", "over", "never"

    when = forms.ChoiceField(
        label="People approve",
        choices=[
            (OVER, "Payments above an amount"),
            (EVERY, "Every payment"),
            (NEVER, "Nothing"),
        ],
    )
    amount = forms.CharField(
        max_length=32,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].label = f"Amount in {currency}"

    def clean(self) -> dict[str, Any]:
        """There is an amount where one counts."""
        given = super().clean() or {}
        given["amount"] = given.get("amount", "").strip()
        if given.get("when") == self.OVER and not given["amount"] and "amount" not in self.errors:
            self.add_error("amount", "Say above which amount.")
        return given


class PolicyForm(forms.Form):
    """Which acts take a second person."""

    roles = forms.BooleanField(label="Making somebody an owner, admin or finance", required=False)
    journals = forms.BooleanField(label="Entries by hand, and undoing them", required=False)
    terms = forms.BooleanField(label="Fees and clearing caps", required=False)


class HouseForm(forms.Form):
    """In which zone days are counted, and how many wallets holders may have."""

    timezone = forms.ChoiceField(
        label="Time zone", help_text="Days, months and limits follow it.", widget=LongSelect
    )
    per_kind = forms.IntegerField(
        label="Wallets of each kind and currency",
        min_value=1,
        max_value=MOST_OF_A_KIND,
        help_text="For each holder.",
    )
    members_open = forms.BooleanField(label="Members open their own wallets", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = sorted(zoneinfo.available_timezones())
        offer(self, "timezone", [(zone, zone) for zone in zones])


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
