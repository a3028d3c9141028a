"""Where events are to be sent."""

from __future__ import annotations

from typing import Any

from django import forms

from events.catalogue import CATALOGUE
from notifications.choices import DeliveryState
from notifications.models.webhooks import DESCRIPTION_LENGTH, URL_LENGTH
from web.forms.fields import LineField


class WebhookForm(forms.Form):
    """An address, what it is for, and what is sent there."""

    url = forms.CharField(
        label="Address",
        max_length=URL_LENGTH,
        help_text="Begins with https:// and is reached from the internet.",
        widget=forms.URLInput(
            attrs={"autocomplete": "off", "placeholder": "https://hooks.example.com/vaultcraft"}
        ),
    )
    description = LineField(
        required=False,
        max_length=DESCRIPTION_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    events = forms.MultipleChoiceField(
        required=False,
        choices=[(name, name) for name in sorted(CATALOGUE)],
        help_text="None chosen: every event of your organization. Ctrl or ⌘ chooses several.",
        widget=forms.SelectMultiple(attrs={"size": 8}),
    )

    @property
    def asked(self) -> dict[str, Any]:
        """What the use cases call it."""
        given = dict(self.cleaned_data)
        names = given.pop("events")
        return {**given, "event_names": names}


class DeliveriesForm(forms.Form):
    """Filters of the log of deliveries."""

    state = forms.ChoiceField(
        choices=[("", "Any state"), *DeliveryState.choices],
        required=False,
        widget=forms.Select(attrs={"class": "input"}),
    )
