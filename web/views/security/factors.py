"""Adding and removing one's own second factors. Each act is confirmed by a recent one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.errors import EnrollmentNotBegun
from accounts.services import factors
from kernel import clock
from kernel.context import reading
from kernel.errors import NotFound, VaultCraftError
from kernel.ids import MalformedId, decode
from kernel.rates.table import RouteClass
from web.doors import PersonRequest, acts, counted_as
from web.forms import PasskeyForm, TotpForm
from web.pages import page
from web.presenters.factors import in_groups, qr_image
from web.refusals import STATUS_OF_KIND, explain, words_of


@acts
def begin_app(request: PersonRequest) -> HttpResponse:
    """Show a new secret, as a picture and as text, this once."""
    begun = factors.begin_totp(actor=request.actor, now=clock.now())
    context = {
        "form": TotpForm(),
        "qr": qr_image(begun.uri),
        "secret": begun.secret,
        "secret_shown": in_groups(begun.secret),
    }
    return _app_page(request, context)


@acts
@counted_as(RouteClass.PROOFS)
def confirm_app(request: PersonRequest) -> HttpResponse:
    """Judge the app's first code."""
    form = TotpForm(request.POST)
    if not form.is_valid():
        return _app_page(request, {"form": form}, status=400)
    try:
        codes = factors.confirm_totp(
            actor=request.actor,
            code=form.cleaned_data["code"],
            session_id=request.session_id,
            now=clock.now(),
        )
    except EnrollmentNotBegun:
        return _to_security()
    except VaultCraftError as error:
        explain(form, error)
        return _app_page(request, {"form": form}, status=STATUS_OF_KIND[error.kind])
    return _added(request, "Your authenticator app is added.", codes)


@acts
def remove_app(request: PersonRequest) -> HttpResponse:
    """Take the authenticator app away."""
    try:
        factors.remove_totp(actor=request.actor, now=clock.now())
    except VaultCraftError as error:
        messages.error(request, words_of(error))
    else:
        messages.success(request, "The authenticator app is removed.")
    return _to_security()


@acts
def begin_key(request: PersonRequest) -> HttpResponse:
    """A page on which the browser makes a passkey."""
    return _key_page(request, PasskeyForm())


@acts
@counted_as(RouteClass.PROOFS)
def finish_key(request: PersonRequest) -> HttpResponse:
    """Keep what the browser made."""
    form = PasskeyForm(request.POST)
    if not form.is_valid():
        return _key_page(request, form, status=400)
    try:
        added = factors.finish_passkey(
            actor=request.actor, session_id=request.session_id, now=clock.now(), **form.cleaned_data
        )
    except VaultCraftError as error:
        explain(form, error)
        return _key_page(request, form, status=STATUS_OF_KIND[error.kind])
    return _added(request, f"The passkey “{added.passkey.name}” is added.", added.recovery_codes)


@acts
def remove_key(request: PersonRequest, passkey_id: str) -> HttpResponse:
    """Take a passkey away."""
    try:
        removed = decode("pky", passkey_id)
    except MalformedId as error:
        raise NotFound() from error
    try:
        factors.remove_passkey(actor=request.actor, passkey_id=removed, now=clock.now())
    except VaultCraftError as error:
        messages.error(request, words_of(error))
    else:
        messages.success(request, "The passkey is removed.")
    return _to_security()


@acts
def new_codes(request: PersonRequest) -> HttpResponse:
    """Ten new recovery codes, shown this once."""
    try:
        codes = factors.regenerate_codes(actor=request.actor, now=clock.now())
    except VaultCraftError as error:
        messages.error(request, words_of(error))
        return _to_security()
    return _drawn(request, "web/security/codes.html", {"codes": codes})


def _key_page(request: PersonRequest, form: PasskeyForm, *, status: int = 200) -> HttpResponse:
    """With a fresh challenge: the one before may be used up."""
    begun = factors.begin_passkey(
        actor=request.actor, session_id=request.session_id, now=clock.now()
    )
    context = {"form": form, "challenge": begun.challenge, "options": begun.options}
    return _drawn(request, "web/security/passkey.html", context, status=status)


def _added(request: PersonRequest, said: str, codes: list[str]) -> HttpResponse:
    messages.success(request, said)
    if not codes:
        return _to_security()
    return _drawn(request, "web/security/codes.html", {"codes": codes})


def _app_page(
    request: PersonRequest, context: dict[str, object], *, status: int = 200
) -> HttpResponse:
    with reading(request.actor):
        replaces = factors.factors_of(request.user.id).totp is not None
    return _drawn(
        request, "web/security/totp.html", {**context, "replaces": replaces}, status=status
    )


def _to_security() -> HttpResponse:
    return HttpResponseRedirect(reverse("web:security"))


def _drawn(
    request: PersonRequest, template: str, context: dict[str, object], *, status: int = 200
) -> HttpResponse:
    with reading(request.actor):
        return page(request, template, context, here="security", status=status)
