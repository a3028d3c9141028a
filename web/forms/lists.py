"""Filters of lists. They live in the address, so any view can be shared."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from ledger.choices import HoldState
from notifications.choices import Topic
from wallets.choices import TransferKind, TransferState
from web.forms.fields import Choices, day_field, offer


def _search(placeholder: str) -> forms.CharField:
    return forms.CharField(
        label="Search",
        max_length=80,
        required=False,
        widget=forms.TextInput(
            attrs={"type": "search", "class": "input", "placeholder": placeholder}
        ),
    )


class NoticesForm(forms.Form):
    """Filters of the notices."""

    show = forms.ChoiceField(
        choices=[("", "Read and unread"), ("unread", "Unread only")],
        required=False,
        widget=forms.Select(attrs={"class": "input"}),
    )
    topic = forms.ChoiceField(
        choices=[("", "Any topic"), *Topic.choices],
        required=False,
        widget=forms.Select(attrs={"class": "input"}),
    )

    @property
    def only_unread(self) -> bool:
        """Whether what was read is left out."""
        return self.is_bound and self.is_valid() and bool(self.cleaned_data["show"])

    @property
    def chosen_topic(self) -> Topic | None:
        """The one topic to show; None: all."""
        chosen = self.cleaned_data["topic"] if self.is_bound and self.is_valid() else ""
        return Topic(chosen) if chosen else None


class _Filters(forms.Form):
    """What the lists of money have in common.

    :cvar drawn: its closed lists, in the order they are drawn.
    """

    drawn: ClassVar[tuple[str, ...]]

    q = _search("Name, handle, note or id")
    currency = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, currencies: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "currency", [("", "Any currency"), *currencies])
        for field in self.fields.values():
            field.widget.attrs.setdefault("class", "input")

    @property
    def selects(self) -> list[forms.BoundField]:
        """The closed lists."""
        return [self[name] for name in self.drawn]


class HistoryForm(_Filters):
    """Filters of the activity page."""

    drawn = ("state", "direction", "currency", "kind")

    state = forms.ChoiceField(choices=[("", "Any state"), *TransferState.choices], required=False)
    direction = forms.ChoiceField(
        choices=[("", "In and out"), ("in", "Money in"), ("out", "Money out")], required=False
    )
    kind = forms.ChoiceField(choices=[("", "Any kind"), *TransferKind.choices], required=False)
    since = day_field("From")
    until = day_field("To")


class HoldsForm(_Filters):
    """Filters of the holds page."""

    drawn = ("state", "currency")

    state = forms.ChoiceField(choices=[("", "Any state"), *HoldState.choices], required=False)
