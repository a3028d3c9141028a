"""Asking a person to approve what they are about to move."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from accounts.choices import ApprovalMethod
from accounts.errors import ApprovalRequired
from accounts.models import Approval
from accounts.services.approvals import Demand, Proof, methods_of
from kernel import clock
from web.doors import PersonRequest
from web.forms import ApprovalForm

R = TypeVar("R")

_REASONS = {
    "amount": "This is more than your organization lets go without your approval.",
    "currency": "Your organization asks for your approval of everything in another currency.",
    "new_device": "This device is new.",
    "new_network": "You are on a network that we have not seen you on before.",
}
_WAYS = {
    ApprovalMethod.PIN: "PIN",
    ApprovalMethod.PASSKEY: "Passkey",
    ApprovalMethod.TOTP: "Code from your app",
    ApprovalMethod.EMAIL_OTP: "Code by e-mail",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Way:
    """A method as a button offers it."""

    value: str
    label: str


@dataclasses.dataclass(frozen=True, slots=True)
class Approving:
    """What the page shows: why, by which way, and which ways there are besides.

    :param form: None where the person has no PIN and has chosen no other way yet.
    :param passkey_options: for `navigator.credentials.get`, as JSON.
    """

    words: Sequence[str]
    form: ApprovalForm | None
    others: Sequence[Way]
    has_pin: bool
    passkey_options: str = ""

    @property
    def by_passkey(self) -> bool:
        """Whether the browser's own dialog takes the answer."""
        return self.form is not None and self.form.method is ApprovalMethod.PASSKEY


def approving(
    request: PersonRequest,
    demand: Demand,
    *,
    form: ApprovalForm | None = None,
    passkey_options: str = "",
) -> Approving:
    """What to show for a demand; read inside `reading(actor)`. By the PIN unless chosen else."""
    person = request.user.id
    methods = [ApprovalMethod(one) for one in methods_of([person], now=clock.now())[person]]
    has_pin = ApprovalMethod.PIN in methods
    if form is None and has_pin:
        form = ApprovalForm(method=ApprovalMethod.PIN)
    chosen = form.method if form else None
    return Approving(
        words=[_REASONS[reason] for reason in demand.reasons if reason in _REASONS],
        form=form,
        others=[Way(one.value, _WAYS[one]) for one in methods if one is not chosen],
        has_pin=has_pin,
        passkey_options=passkey_options,
    )


def posted_form(request: PersonRequest) -> ApprovalForm | None:
    """The form that came back, if one did; whether it is right is for its `is_valid`."""
    name = request.POST.get("method_name", "")
    if name not in ApprovalMethod.values:
        return None
    return ApprovalForm(request.POST, method=ApprovalMethod(name))


def moved_with_pin(
    attempt: Callable[[uuid.UUID | None], R], *, approve: Callable[[Proof], Approval], pin: str
) -> R:
    """Try as it is and, if an approval is asked for and a PIN was entered, once more with one.

    In this order a repeated click leads to what happened, and asks for nothing again.

    :raises ApprovalRequired: if one is asked for and no PIN was entered.
    """
    try:
        return attempt(None)
    except ApprovalRequired:
        if not pin:
            raise
    return attempt(approve(Proof(ApprovalMethod.PIN, pin)).id)


def proof_of(form: ApprovalForm) -> Proof:
    """What a valid form shows."""
    given: dict[str, Any] = form.cleaned_data
    return Proof(form.method, given["proof"], given["challenge"])
