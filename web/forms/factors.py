"""Proving and adding second factors. Codes may be pasted, with spaces or dashes."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.choices import FactorMethod
from web.forms.fields import LineField

_CODE_LENGTH = 40
CREDENTIAL_LENGTH = 20_000
_LABELS = {
    FactorMethod.TOTP: "Code from your app",
    FactorMethod.EMAIL: "Code from the e-mail",
    FactorMethod.RECOVERY_CODE: "Recovery code",
}


def code_field(*, numeric: bool, label: str) -> forms.CharField:
    attrs = {"autocomplete": "one-time-code", "autofocus": True, "class": "input-code"}
    if numeric:
        attrs |= {"inputmode": "numeric", "placeholder": "123456"}
    else:
        attrs |= {
            "autocapitalize": "none",
            "spellcheck": "false",
            "placeholder": "xxxx-xxxx-…",
            "class": "input-code input-code-long",
        }
    return forms.CharField(
        label=label, max_length=_CODE_LENGTH, widget=forms.TextInput(attrs=attrs)
    )


class ProofForm(forms.Form):
    """A code, or what the browser's passkey signed: whichever the method needs."""

    method_name = forms.CharField(widget=forms.HiddenInput, max_length=20)

    def __init__(self, data: Any = None, *, method: str) -> None:
        super().__init__(data, initial={"method_name": method})
        self.method = method
        if method == FactorMethod.PASSKEY:
            self.fields["proof"] = forms.CharField(
                max_length=CREDENTIAL_LENGTH,
                widget=forms.HiddenInput(attrs={"data-passkey-answer": ""}),
            )
        else:
            numeric = method != FactorMethod.RECOVERY_CODE
            self.fields["proof"] = code_field(numeric=numeric, label=_LABELS[FactorMethod(method)])


class TotpForm(forms.Form):
    """The first code of a new authenticator app."""

    code = code_field(numeric=True, label="Code from your app")


class PasskeyForm(forms.Form):
    """A name to tell a passkey by, and what the browser made."""

    name = LineField(
        max_length=80,
        initial="My passkey",
        help_text="To tell it from others, such as “Work laptop”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    challenge = forms.CharField(max_length=100, widget=forms.HiddenInput)
    credential = forms.CharField(
        max_length=CREDENTIAL_LENGTH, widget=forms.HiddenInput(attrs={"data-passkey-answer": ""})
    )
