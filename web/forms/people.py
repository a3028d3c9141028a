"""Who people are: signing in, registering, joining, inviting, keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from accounts.choices import KeyScope, Role
from accounts.rules import countries
from web.forms.fields import Choices, LineField, offer

_HOME_COUNTRY = "IN"


def country_choices() -> list[tuple[str, str]]:
    """Countries by name, the home market first."""
    return sorted(countries().items(), key=lambda row: (row[0] != _HOME_COUNTRY, row[1]))


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
        offer(self, "country", country_choices())
        offer(self, "base_currency", currencies)


class JoinForm(forms.Form):
    """What an invitation does not know yet."""

    full_name = LineField(
        label="Your name", max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = forms.CharField(strip=False, widget=_NEW_PASSWORD, help_text=_PASSWORD_HINT)


class ForgotPasswordForm(forms.Form):
    """The address to send a link to."""

    email = forms.EmailField(
        label="E-mail",
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )


class NewPasswordForm(forms.Form):
    """A password to have from now on."""

    password = forms.CharField(
        label="New password", strip=False, widget=_NEW_PASSWORD, help_text=_PASSWORD_HINT
    )


class ChangePasswordForm(forms.Form):
    """The present password and the one to have from now on."""

    old_password = forms.CharField(
        label="Present password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new_password = forms.CharField(
        label="New password", strip=False, widget=_NEW_PASSWORD, help_text=_PASSWORD_HINT
    )


class InviteForm(forms.Form):
    """Whom to invite, as what."""

    email = forms.EmailField(label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(initial=Role.MEMBER)

    def __init__(self, *args: Any, roles: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "role", roles)


class DeviceNameForm(forms.Form):
    """What to call a device."""

    name = LineField(max_length=80)


class FactorResetForm(forms.Form):
    """How it was made sure that it is the person who asks."""

    reason = LineField(max_length=200)


class CountryForm(forms.Form):
    """One country more from which money may move."""

    country = forms.ChoiceField(label="Country")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "country", country_choices())


class ApiKeyForm(forms.Form):
    """A name to tell the key by, and what it may do."""

    name = LineField(max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    scopes = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, scopes: Sequence[KeyScope], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "scopes", [(scope.value, scope.value) for scope in scopes])
