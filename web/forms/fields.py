"""What all forms share: closed lists, lines others read, days, keys."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from kernel.money import parse_minor
from kernel.text import REFUSED, is_plain_line

Choices = Sequence[tuple[str, str]]

# Days that can be asked for. The bounds keep the arithmetic on them away from the calendar's ends.
_FIRST_DAY, _LAST_DAY = dt.date(2000, 1, 1), dt.date(2199, 12, 31)


def plain_line(text: str) -> None:
    """Refuse what other people could not read as it stands.

    :raises ValidationError: on control characters and bidi controls.
    """
    if not is_plain_line(text):
        raise forms.ValidationError(REFUSED, code="hidden_characters")


def minor_of(text: str, *, exponent: int) -> int:
    """A typed amount in minor units, where zero is one, too.

    :raises InvalidAmount: for what is no amount.
    """
    return parse_minor(text=text, exponent=exponent) if text.strip("0.,") else 0


class LineField(forms.CharField):
    """One line that other people read."""

    default_validators = [plain_line]


class KeyField(forms.CharField):
    """The idempotency key of one rendering of a form: it makes a repeat harmless."""

    def __init__(self) -> None:
        super().__init__(max_length=64, widget=forms.HiddenInput)


class AmountField(forms.CharField):
    """An amount as people type it; the currency's exponent is known to the view."""

    def __init__(self, **options: object) -> None:
        attrs = {"inputmode": "decimal", "placeholder": "0.00", "autocomplete": "off"}
        super().__init__(max_length=32, widget=forms.TextInput(attrs=attrs), **options)  # type: ignore[arg-type]


class HandleField(forms.CharField):
    """A wallet's handle; `names_holder` shows below it whose that is, while it is typed."""

    def __init__(self, *, label: str) -> None:
        attrs = {
            "class": "input-handle",
            "placeholder": "VC-7Q2M9K",
            "autocomplete": "off",
            "autocapitalize": "characters",
            "spellcheck": "false",
        }
        super().__init__(label=label, max_length=64, widget=forms.TextInput(attrs=attrs))

    def names_holder(self, payee_url: str) -> None:
        """Ask that address for the holder, with the form's token, into the element `payee`."""
        self.widget.attrs |= {
            "hx-post": payee_url,
            "hx-target": "#payee",
            "hx-trigger": "input changed delay:300ms",
            "hx-sync": "this:replace",
        }


class LongSelect(forms.Select):
    """A closed list of hundreds: Django renders each option by templates of its own, in 0.3 ms."""

    def _render(self, template_name: str, context: Any, renderer: Any = None) -> SafeString:
        widget = context["widget"]
        options = [one for _, group, _ in widget["optgroups"] for one in group]
        return format_html(
            '<select name="{}"{}>{}</select>',
            widget["name"],
            flatatt(widget["attrs"]),
            format_html_join(
                "\n",
                '<option value="{}"{}>{}</option>',
                ((one["value"], flatatt(one["attrs"]), one["label"]) for one in options),
            ),
        )


def day_field(label: str) -> forms.DateField:
    """A day that may be left open."""
    bounds = {"min": _FIRST_DAY.isoformat(), "max": _LAST_DAY.isoformat()}
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date", **bounds}),
        validators=[
            MinValueValidator(_FIRST_DAY, "Enter a day from the year 2000 on."),
            MaxValueValidator(_LAST_DAY, "Enter a day before the year 2200."),
        ],
    )


def new_key() -> str:
    """A fresh idempotency key for one rendering of a form."""
    return str(uuid.uuid4())


def renew_key(form: forms.Form) -> None:
    """Give a posted form another key: what became of the old one is kept under it."""
    form.data = form.data.copy()  # type: ignore[attr-defined] # a QueryDict
    form.data["key"] = new_key()  # type: ignore[index]


def offer(form: forms.Form, name: str, choices: Choices) -> None:
    """Give a field its closed list."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices
