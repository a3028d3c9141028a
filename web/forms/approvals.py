"""PINs and approvals. Digits may be pasted."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.choices import ApprovalMethod
from web.forms.factors import CREDENTIAL_LENGTH, code_field

_LABELS = {
    ApprovalMethod.TOTP: "Code from your app",
    ApprovalMethod.EMAIL_OTP: "Code from the e-mail",
}


def pin_field(label: str, *, new: bool = False, required: bool = True) -> forms.CharField:
    """Four digits, not shown; a browser is told not to keep them."""
    attrs = {
        "inputmode": "numeric",
        "autocomplete": "new-password" if new else "off",
        "class": "input-code",
        "minlength": "4",
        "maxlength": "4",
        "placeholder": "••••",
    }
    return forms.RegexField(
        r"^[0-9]{4}$",
        label=label,
        required=required,
        error_messages={"invalid": "A PIN is four digits."},
        widget=forms.PasswordInput(attrs=attrs),
    )


class ApprovalForm(forms.Form):
    """The proof that a movement is one's own will: a PIN, a code, or a passkey's signature."""

    method_name = forms.CharField(widget=forms.HiddenInput, max_length=20)
    challenge = forms.CharField(widget=forms.HiddenInput, max_length=100, required=False)

    def __init__(self, data: Any = None, *, method: ApprovalMethod, challenge: str = "") -> None:
        super().__init__(data, initial={"method_name": method.value, "challenge": challenge})
        self.method = method
        if method is ApprovalMethod.PIN:
            self.fields["proof"] = pin_field("Your PIN")
        elif method is ApprovalMethod.PASSKEY:
            self.fields["proof"] = forms.CharField(
                max_length=CREDENTIAL_LENGTH,
                widget=forms.HiddenInput(attrs={"data-passkey-answer": ""}),
            )
        else:
            self.fields["proof"] = code_field(numeric=True, label=_LABELS[method])


class FirstPinForm(forms.Form):
    """A PIN, twice, so that a slip of the finger is noticed."""

    pin = pin_field("New PIN", new=True)
    again = pin_field("The same again", new=True)

    def clean(self) -> dict[str, Any]:
        """Both are the same."""
        given = super().clean() or {}
        if given.get("pin") and given.get("again") and given["pin"] != given["again"]:
            self.add_error("again", "These are two different PINs.")
        return given


class ChangePinForm(FirstPinForm):
    """The same, with the old one."""

    current_pin = pin_field("Your PIN now")
    field_order = ("current_pin", "pin", "again")
