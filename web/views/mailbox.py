"""Showing that the mailbox behind one's address is one's own."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.choices import LinkPurpose
from accounts.errors import InvalidLink, TooManyMails
from accounts.services.confirming import confirm_email, resend_confirmation
from accounts.services.links import link_of
from kernel import clock
from kernel.rates.table import RouteClass
from web.doors import PersonRequest, acts, counted_as, enter, stranger, strangers_counted_as


@never_cache
@require_http_methods(["GET", "POST"])
@strangers_counted_as(RouteClass.REGISTRATION)
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Ask, then confirm: programs that only open the links of a mail change nothing."""
    try:
        if request.method == "GET":
            link = link_of(token=token, purpose=LinkPurpose.CONFIRM_EMAIL, now=clock.now())
            return render(request, "web/confirm_email.html", {"email": link.user.email})
        person = enter(request)
        actor = person.actor if person is not None else stranger(request)
        confirm_email(actor=actor, token=token, now=clock.now())
    except InvalidLink:
        return render(request, "web/link_ended.html", {"what": "confirm"}, status=410)
    messages.success(request, "Your e-mail address is confirmed.")
    return HttpResponseRedirect(reverse("web:home" if person is not None else "web:sign-in"))


@acts
@counted_as(RouteClass.PROOFS)
def resend(request: PersonRequest) -> HttpResponse:
    """Send another link to one's own address."""
    try:
        resend_confirmation(actor=request.actor, now=clock.now())
    except TooManyMails as error:
        messages.warning(request, error.detail)
    else:
        messages.success(request, f"We have sent a link to {request.user.email}.")
    return HttpResponseRedirect(reverse("web:home"))
