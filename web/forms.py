"""What people type. Forms check shape only; the rules live in the rooms that own them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from babel import Locale
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from accounts.choices import KeyScope, Role
from kernel.text import REFUSED, is_plain_line
from wallets.choices import TransferKind, TransferState, WalletKind

Choices = Sequence[tuple[str, str]]

_HOME_COUNTRY = "IN"


def country_choices() -> list[tuple[str, str]]:
    """Countries by name, the home market first."""
    names = Locale("en").territories
    countries = [(code, name) for code, name in names.items() if len(code) == 2 and code.isalpha()]
    return sorted(countries, key=lambda row: (row[0] != _HOME_COUNTRY, row[1]))


def plain_line(text: str) -> None:
    """Refuse what other people could not read as it stands.

    :raises ValidationError: on control characters and bidi controls.
    """
    if not is_plain_line(text):
        raise forms.ValidationError(REFUSED, code="hidden_characters")


class LineField(forms.CharField):
    """One line that other people read."""

    default_validators = [plain_line]


class SignInForm(forms.Form):
    """An address and a password; both may be pasted."""

    email = forms.EmailField(
        label="E-mail",
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    next = forms.CharField(required=False, widget=forms.HiddenInput)


_NEW_PASSWORD = forms.PasswordInput(attrs={"autocomplete": "new-password"})
_PASSWORD_HINT = "At least 8 characters. A few unrelated words work well."  # noqa: S105 - a hint


class RegisterForm(forms.Form):
    """An organization and its first owner."""

    organization_name = LineField(
        max_length=200, widget=forms.TextInput(attrs={"autocomplete": "organization"})
    )
    country = forms.ChoiceField(widget=forms.Select(attrs={"autocomplete": "country"}))
    base_currency = forms.ChoiceField()
    owner_name = LineField(
        label="Your name", max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label="Work e-mail", widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(strip=False, widget=_NEW_PASSWORD, help_text=_PASSWORD_HINT)

    def __init__(self, *args: Any, currencies: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "country", country_choices())
        _offer(self, "base_currency", currencies)


class JoinForm(forms.Form):
    """What an invitation does not know yet."""

    full_name = LineField(
        label="Your name", max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = forms.CharField(strip=False, widget=_NEW_PASSWORD, help_text=_PASSWORD_HINT)


class SendForm(forms.Form):
    """Where from, where to, how much. The key, minted with the form, makes a repeat harmless."""

    key = forms.CharField(max_length=64, widget=forms.HiddenInput)
    source = forms.ChoiceField(label="From")
    destination = forms.CharField(
        label="To wallet",
        max_length=64,
        widget=forms.TextInput(
            attrs={
                "class": "input-handle",
                "placeholder": "VC-7Q2M9K",
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "hx-target": "#payee",
                "hx-trigger": "input changed delay:300ms",
                "hx-sync": "this:replace",
            }
        ),
    )
    amount = forms.CharField(
        max_length=32,
        widget=forms.TextInput(
            attrs={
                "class": "input-amount",
                "inputmode": "decimal",
                "placeholder": "0.00",
                "autocomplete": "off",
            }
        ),
        help_text="In the currency of the wallet you send from.",
    )
    description = LineField(
        label="Note", max_length=140, required=False, help_text="The payee sees this."
    )

    def __init__(self, *args: Any, sources: Choices, payee_url: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "source", sources)
        self.fields["destination"].widget.attrs["hx-get"] = payee_url


# Days that can be asked for. The bounds keep the arithmetic on them away from the calendar's ends.
_FIRST_DAY, _LAST_DAY = dt.date(2000, 1, 1), dt.date(2199, 12, 31)


def _day(label: str) -> forms.DateField:
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


class HistoryForm(forms.Form):
    """Filters of the activity page. They live in the address, so any view can be shared."""

    q = forms.CharField(
        label="Search",
        max_length=80,
        required=False,
        widget=forms.TextInput(
            attrs={"type": "search", "class": "input", "placeholder": "Name, handle, note or id"}
        ),
    )
    state = forms.ChoiceField(choices=[("", "Any state"), *TransferState.choices], required=False)
    direction = forms.ChoiceField(
        choices=[("", "In and out"), ("in", "Money in"), ("out", "Money out")], required=False
    )
    currency = forms.ChoiceField(required=False)
    kind = forms.ChoiceField(choices=[("", "Any kind"), *TransferKind.choices], required=False)
    since = _day("From")
    until = _day("To")

    def __init__(self, *args: Any, currencies: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "currency", [("", "Any currency"), *currencies])
        for field in self.fields.values():
            field.widget.attrs.setdefault("class", "input")

    @property
    def selects(self) -> list[forms.BoundField]:
        """The four closed lists, in the order they are drawn."""
        return [self[name] for name in ("state", "direction", "currency", "kind")]


class OpenWalletForm(forms.Form):
    """One wallet of each kind and currency for each holder."""

    kind = forms.ChoiceField(choices=WalletKind.choices)
    currency = forms.ChoiceField()
    owner = forms.ChoiceField(label="Holder")

    def __init__(self, *args: Any, currencies: Choices, owners: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "currency", currencies)
        _offer(self, "owner", owners)
        if not owners:
            del self.fields["owner"]


class InviteForm(forms.Form):
    """Whom to invite, as what."""

    email = forms.EmailField(label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(initial=Role.MEMBER)

    def __init__(self, *args: Any, roles: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "role", roles)


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
        _offer(self, "currency", currencies)


class ApiKeyForm(forms.Form):
    """A name to tell the key by, and what it may do."""

    name = LineField(max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    scopes = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, scopes: Sequence[KeyScope], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "scopes", [(scope.value, scope.value) for scope in scopes])


def new_key() -> str:
    """A fresh idempotency key for one rendering of a form."""
    return str(uuid.uuid4())


def _offer(form: forms.Form, name: str, choices: Choices) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices
