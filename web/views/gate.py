"""The way in and out: sign in, register, join, sign out."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.errors import InvalidInvitation
from accounts.models import User
from accounts.services.invitations import invitation_of
from accounts.services.invitations import join as join_organization
from accounts.services.organizations import register_organization
from accounts.services.returning import was_here_before
from accounts.services.sessions import revoke_session
from accounts.services.sign_in import verify_password
from kernel import clock
from kernel.errors import VaultCraftError
from kernel.rates.table import RouteClass
from web.device_cookie import device_token_of, welcome
from web.doors import PersonRequest, acts, enter, safe_next, stranger, strangers_counted_as
from web.forms import JoinForm, RegisterForm, SignInForm
from web.presenters.choices import currency_choices
from web.refusals import STATUS_OF_KIND, explain
from web.views.second_step import go_on

HOME_MARKET = {"country": "IN", "base_currency": "INR"}


@never_cache
@require_http_methods(["GET", "POST"])
@strangers_counted_as(RouteClass.SIGN_IN)
def sign_in(request: HttpRequest) -> HttpResponse:
    """The password; then a second factor, or straight to where one wanted to go."""
    if request.method == "GET":
        if enter(request) is not None:
            return HttpResponseRedirect(safe_next(request, request.GET.get("next", "")))
        form = SignInForm(initial={"next": request.GET.get("next", "")})
        return render(request, "web/sign_in.html", {"form": form})
    form = SignInForm(request.POST)
    if not form.is_valid():
        return render(request, "web/sign_in.html", {"form": form}, status=400)
    try:
        user = verify_password(
            actor=stranger(request),
            email=form.cleaned_data["email"],
            password=form.cleaned_data["password"],
            device_token=device_token_of(request),
            now=clock.now(),
        )
        return go_on(request, user, wanted=safe_next(request, form.cleaned_data["next"]))
    except VaultCraftError as error:
        explain(form, error)
        status = STATUS_OF_KIND[error.kind]
        return render(request, "web/sign_in.html", {"form": form}, status=status)


@acts
def sign_out(request: PersonRequest) -> HttpResponse:
    """End this session for good."""
    revoke_session(actor=request.actor, session_id=request.session_id, now=clock.now())
    request.session.flush()
    return HttpResponseRedirect(reverse("web:sign-in"))


@never_cache
@require_http_methods(["GET", "POST"])
@strangers_counted_as(RouteClass.REGISTRATION)
def register(request: HttpRequest) -> HttpResponse:
    """A new organization, pending until it is activated, and its first owner."""
    data = request.POST if request.method == "POST" else None
    form = RegisterForm(data, initial=HOME_MARKET, currencies=currency_choices())
    if data is None:
        return render(request, "web/register.html", {"form": form})
    if not form.is_valid():
        return render(request, "web/register.html", {"form": form}, status=400)
    given = form.cleaned_data
    try:
        registration = register_organization(
            actor=stranger(request),
            organization_name=given["organization_name"],
            country=given["country"],
            base_currency=given["base_currency"],
            owner_email=given["email"],
            owner_name=given["owner_name"],
            password=given["password"],
            now=clock.now(),
        )
    except VaultCraftError as error:
        explain(form, error)
        status = STATUS_OF_KIND[error.kind]
        return render(request, "web/register.html", {"form": form}, status=status)
    return _welcomed(request, registration.owner, to=reverse("web:home"))


@never_cache
@require_http_methods(["GET", "POST"])
@strangers_counted_as(RouteClass.REGISTRATION)
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Accept an invitation and be signed in; who comes back goes the way of every sign-in."""
    try:
        invitation = invitation_of(token=token, now=clock.now())
    except InvalidInvitation:
        return render(request, "web/join_ended.html", status=410)
    form = JoinForm(request.POST if request.method == "POST" else None)
    context = {"form": form, "invitation": invitation}
    if request.method == "GET":
        return render(request, "web/join.html", context)
    if not form.is_valid():
        return render(request, "web/join.html", context, status=400)
    now, home = clock.now(), reverse("web:home")
    try:
        user = join_organization(actor=stranger(request), token=token, now=now, **form.cleaned_data)
        # The password of then is one proof, as at the front door: the second is asked for, too.
        if was_here_before(user, now=now):
            return go_on(request, user, wanted=home)
    except VaultCraftError as error:
        explain(form, error)
        return render(request, "web/join.html", context, status=STATUS_OF_KIND[error.kind])
    return _welcomed(request, user, to=home)


def _welcomed(request: HttpRequest, user: User, *, to: str) -> HttpResponse:
    response = HttpResponseRedirect(to)
    welcome(request, response, user)
    return response
