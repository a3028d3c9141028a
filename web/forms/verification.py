"""Forms of verification: who one is, what one uploads, what a reviewer decides."""

from __future__ import annotations

from typing import Any

from django import forms

from kyc.choices import DocumentKind, IdType, Reason, Tier
from kyc.policy import MAX_NOTE
from web.forms.fields import Choices, LineField, offer
from web.forms.people import country_choices

ACCEPTED = ".jpg,.jpeg,.png,.pdf,image/jpeg,image/png,application/pdf"


class IdentityForm(forms.Form):
    """Who somebody says they are, and the tier they ask for."""

    tier = forms.TypedChoiceField(label="Verify me for", coerce=int)
    legal_name = LineField(
        max_length=120,
        help_text="As your document prints it.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    date_of_birth = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "bday"})
    )
    country = forms.ChoiceField(
        label="Country of the document", widget=forms.Select(attrs={"autocomplete": "country"})
    )
    id_type = forms.ChoiceField(label="Government ID", choices=IdType.choices)
    id_number = LineField(
        label="ID number",
        max_length=40,
        help_text="Kept encrypted; pages show the last characters only.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, tiers: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "tier", tiers)
        offer(self, "country", country_choices())


class DocumentForm(forms.Form):
    """One file, and what it shows."""

    kind = forms.ChoiceField(label="It shows", choices=DocumentKind.choices)
    file = forms.FileField(
        label="File",
        allow_empty_file=True,
        help_text="A JPEG, PNG or PDF of at most 5 MB. Where a photo was taken is not kept.",
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
    )


class DecisionForm(forms.Form):
    """Why a case is decided as it is. The person reads the reason and never the note."""

    reason = forms.ChoiceField(help_text="The person reads it.")
    note = LineField(
        required=False,
        max_length=MAX_NOTE,
        help_text="For colleagues; the person never sees it.",
    )

    def __init__(self, *args: Any, reasons: list[Reason], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "reason", [(reason.value, reason.label) for reason in reasons])


def tier_choices(tier: Tier) -> Choices:
    """The tiers that are still to be had, the lowest first."""
    words = {
        Tier.BASIC: "Basic: your details are compared",
        Tier.FULL: "Full: with a document",
    }
    return [(str(one.value), text) for one, text in words.items() if one > tier]
