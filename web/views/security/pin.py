"""One's transaction PIN: set, changed, and replaced when it is forgotten."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.errors import InvalidPinReset, StepUpRequired
from accounts.services import pins
from accounts.services.factors import factors_of
from kernel import clock
from kernel.context import reading
from kernel.errors import VaultCraftError
from kernel.rates.table import RouteClass
from web import steps
from web.doors import PersonRequest, acts, counted_as, reads
from web.forms import ChangePinForm, FirstPinForm
from web.pages import page
from web.refusals import STATUS_OF_KIND, explain, words_of

TEMPLATE = "web/pin.html"


def pin_facts(request: PersonRequest) -> dict[str, Any]:
    """The PIN's part of the security page."""
    return {"pin": pins.pin_standing(actor=request.actor, now=clock.now())}


@reads
def manage(request: PersonRequest) -> HttpResponse:
    """Set it, or change it."""
    return _page(request)


@acts
@counted_as(RouteClass.PROOFS)
def set_first(request: PersonRequest) -> HttpResponse:
    """Set a first PIN; a second factor is asked for before, if it was not shown lately."""
    form = FirstPinForm(request.POST)
    if not form.is_valid():
        return _again(request, form, status=400)
    try:
        now = clock.now()
        at = pins.set_pin(actor=request.actor, pin=form.cleaned_data["pin"], now=now)
    except StepUpRequired:
        return HttpResponseRedirect(steps.address(reverse("web:step-up"), reverse("web:pin")))
    except VaultCraftError as error:
        return _refused(request, form, error)
    return _done(request, "Your PIN is set." if at <= now else "Your PIN counts from tomorrow on.")


@acts
@counted_as(RouteClass.PROOFS)
def change(request: PersonRequest) -> HttpResponse:
    """Change it with the old one."""
    form = ChangePinForm(request.POST)
    if not form.is_valid():
        return _again(request, form, status=400)
    given = form.cleaned_data
    try:
        pins.change_pin(
            actor=request.actor,
            current_pin=given["current_pin"],
            pin=given["pin"],
            now=clock.now(),
        )
    except VaultCraftError as error:
        return _refused(request, form, error)
    return _done(request, "Your PIN is changed.")


@acts
@counted_as(RouteClass.PROOFS)
def request_reset(request: PersonRequest) -> HttpResponse:
    """Mail a link to choose a new one."""
    pins.request_pin_reset(actor=request.actor, now=clock.now())
    return _done(request, "A link is on its way to your mailbox. It works for 30 minutes.")


@acts
def cancel_reset(request: PersonRequest) -> HttpResponse:
    """Call a new one off that waits."""
    try:
        pins.cancel_pin_reset(actor=request.actor, now=clock.now())
    except VaultCraftError as error:
        messages.error(request, words_of(error))
        return HttpResponseRedirect(reverse("web:pin"))
    return _done(request, "The new PIN is called off. Your old one goes on.")


@reads
def reset(request: PersonRequest, token: str) -> HttpResponse:
    """Where the mailed link leads: choose a new PIN."""
    return _reset_page(request, token, FirstPinForm())


@acts
@counted_as(RouteClass.PROOFS)
def reset_confirmed(request: PersonRequest, token: str) -> HttpResponse:
    """Take the new PIN, now or from tomorrow."""
    form = FirstPinForm(request.POST)
    if not form.is_valid():
        with reading(request.actor):
            return _reset_page(request, token, form, status=400)
    now = clock.now()
    try:
        at = pins.choose_forgotten_pin(
            actor=request.actor, token=token, pin=form.cleaned_data["pin"], now=now
        )
    except VaultCraftError as error:
        explain(form, error)
        with reading(request.actor):
            return _reset_page(request, token, form, status=STATUS_OF_KIND[error.kind])
    if at > now:
        return _done(request, "Your new PIN counts from tomorrow on. Until then the old one does.")
    return _done(request, "Your new PIN counts from now on.")


def _done(request: PersonRequest, words: str) -> HttpResponse:
    messages.success(request, words)
    return HttpResponseRedirect(reverse("web:pin"))


def _refused(request: PersonRequest, form: FirstPinForm, error: VaultCraftError) -> HttpResponse:
    if error.code in ("wrong_pin", "pin_locked"):  # of the old one
        form.add_error("current_pin", words_of(error))
    else:
        explain(form, error)
    return _again(request, form, status=STATUS_OF_KIND[error.kind])


def _again(request: PersonRequest, form: FirstPinForm, *, status: int) -> HttpResponse:
    with reading(request.actor):
        return _page(request, form, status=status)


def _page(
    request: PersonRequest, form: FirstPinForm | None = None, *, status: int = 200
) -> HttpResponse:
    facts = pin_facts(request)
    first = not facts["pin"].is_set
    words = {
        "heading": "Choose a PIN" if first else "Change your PIN",
        "label": "Set PIN" if first else "Change PIN",
        "action_url": reverse("web:pin-set" if first else "web:pin-change"),
    }
    form = form or (FirstPinForm() if first else ChangePinForm())
    return page(request, TEMPLATE, {**facts, **words, "form": form}, here="security", status=status)


def _reset_page(
    request: PersonRequest, token: str, form: FirstPinForm, *, status: int = 200
) -> HttpResponse:
    now = clock.now()
    try:
        at_once = pins.counts_at_once(actor=request.actor, token=token, now=now)
    except InvalidPinReset:
        return page(request, "web/pin_link_ended.html", {}, here="security", status=410)
    since = factors_of(request.user.id).counting_from
    here = reverse("web:pin-reset-link", args=[token])
    words = {
        "heading": "Choose a new PIN",
        "label": "Take this PIN",
        "action_url": reverse("web:pin-reset-confirm", args=[token]),
        "resetting": True,
        "at_once": at_once,
        "confirm_url": steps.address(reverse("web:step-up"), here)
        if since is not None and since <= now
        else "",
    }
    context = {**pin_facts(request), **words, "form": form}
    return page(request, TEMPLATE, context, here="security", status=status)
