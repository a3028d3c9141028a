"""Forgotten and changed passwords."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.choices import LinkPurpose
from accounts.errors import InvalidLink
from accounts.services.links import link_of
from accounts.services.passwords import ask_for_password_reset, change_password, reset_password
from kernel import clock
from kernel.errors import VaultCraftError
from kernel.rates.table import RouteClass
from web.doors import (
    PersonRequest,
    acts,
    counted_as,
    reads,
    remember,
    stranger,
    strangers_counted_as,
)
from web.forms import ChangePasswordForm, ForgotPasswordForm, NewPasswordForm
from web.pages import page
from web.refusals import STATUS_OF_KIND, explain


@never_cache
@require_http_methods(["GET", "POST"])
@strangers_counted_as(RouteClass.REGISTRATION)
def forgot(request: HttpRequest) -> HttpResponse:
    """Ask for a link. The answer is the same whoever's address it is, or nobody's."""
    form = ForgotPasswordForm(request.POST if request.method == "POST" else None)
    if request.method == "GET":
        return render(request, "web/forgot_password.html", {"form": form})
    if not form.is_valid():
        return render(request, "web/forgot_password.html", {"form": form}, status=400)
    email = form.cleaned_data["email"]
    try:
        ask_for_password_reset(actor=stranger(request), email=email, now=clock.now())
    except VaultCraftError as error:
        explain(form, error)
        status = STATUS_OF_KIND[error.kind]
        return render(request, "web/forgot_password.html", {"form": form}, status=status)
    return render(request, "web/forgot_password_sent.html", {"email": email})


@never_cache
@require_http_methods(["GET", "POST"])
@strangers_counted_as(RouteClass.SIGN_IN)
def reset(request: HttpRequest, token: str) -> HttpResponse:
    """Choose a new password with a mailed link, and sign in with it afterwards."""
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    try:
        if request.method == "GET":
            link_of(token=token, purpose=LinkPurpose.RESET_PASSWORD, now=clock.now())
            return render(request, "web/reset_password.html", {"form": form})
        if not form.is_valid():
            return render(request, "web/reset_password.html", {"form": form}, status=400)
        password = form.cleaned_data["password"]
        reset_password(actor=stranger(request), token=token, password=password, now=clock.now())
    except InvalidLink:
        return render(request, "web/link_ended.html", {"what": "reset"}, status=410)
    except VaultCraftError as error:
        explain(form, error)
        status = STATUS_OF_KIND[error.kind]
        return render(request, "web/reset_password.html", {"form": form}, status=status)
    messages.success(request, "Your password is changed. Sign in with the new one.")
    return HttpResponseRedirect(reverse("web:sign-in"))


@reads
def change(request: PersonRequest) -> HttpResponse:
    """The form alone; the page of one's security shows it among others."""
    return _change_page(request, ChangePasswordForm(), status=200)


@acts
@counted_as(RouteClass.PROOFS)
def save(request: PersonRequest) -> HttpResponse:
    """Give oneself a new password, with a factor proven lately.

    All other sessions end, and this one gets a new cookie.
    """
    form = ChangePasswordForm(request.POST)
    if not form.is_valid():
        return _change_page(request, form, status=400)
    try:
        change_password(
            actor=request.actor,
            session_id=request.session_id,
            now=clock.now(),
            **form.cleaned_data,
        )
    except VaultCraftError as error:
        explain(form, error)
        return _change_page(request, form, status=STATUS_OF_KIND[error.kind])
    remember(request, session_id=request.session_id)
    messages.success(request, "Your password is changed. Your other sessions are ended.")
    return HttpResponseRedirect(reverse("web:security"))


def _change_page(request: PersonRequest, form: ChangePasswordForm, *, status: int) -> HttpResponse:
    context = {"password_form": form}
    return page(request, "web/change_password.html", context, here="profile", status=status)
