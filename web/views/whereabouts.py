"""One's own sessions, devices and networks: ending, naming, trusting, disowning."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.errors import InvalidNetworkLink, InvalidProfile
from accounts.services import devices, networks, sessions
from kernel import clock
from kernel.errors import NotFound, VaultCraftError
from kernel.ids import MalformedId, decode
from kernel.rates.table import RouteClass
from web.doors import PersonRequest, acts, counted_as, reads
from web.forms.people import DeviceNameForm
from web.pages import page
from web.presenters.whereabouts import confirming_facts
from web.refusals import words_of


@acts
def end_session(request: PersonRequest, session_id: str) -> HttpResponse:
    """Sign out one of one's other devices; it stops at its next request."""
    ended = _id("ses", session_id)
    sessions.end_own_session(actor=request.actor, session_id=ended, now=clock.now())
    return _back(request, "That session is ended.")


@acts
def end_others(request: PersonRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    number = sessions.end_other_sessions(
        actor=request.actor, keep=request.session_id, now=clock.now()
    )
    return _back(request, f"Signed out elsewhere: {number}.")


@acts
def rename_device(request: PersonRequest, device_id: str) -> HttpResponse:
    """Call a device something one knows it by."""
    form = DeviceNameForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"Nothing was changed. {form.errors['name'][0]}")
        return HttpResponseRedirect(_place())
    try:
        device = devices.rename_device(
            actor=request.actor,
            device_id=_id("dev", device_id),
            label=form.cleaned_data["name"],
            now=clock.now(),
        )
    except InvalidProfile as error:
        messages.error(request, words_of(error))
        return HttpResponseRedirect(_place())
    return _back(request, f"It is called {device.label} now.")


@acts
def trust_device(request: PersonRequest, device_id: str) -> HttpResponse:
    """Say that a device is one's own: that it is new asks for no approval any more."""
    trusted = _id("dev", device_id)
    try:
        device = devices.trust_device(actor=request.actor, device_id=trusted, now=clock.now())
    except NotFound:
        raise
    except VaultCraftError as error:
        messages.error(request, words_of(error))
        return HttpResponseRedirect(_place())
    return _back(request, f"{device.label} is trusted.")


@acts
def revoke_device(request: PersonRequest, device_id: str) -> HttpResponse:
    """Recognize a device no more, and end its sessions."""
    ended = devices.revoke_device(
        actor=request.actor, device_id=_id("dev", device_id), now=clock.now()
    )
    return _back(request, f"That device is not recognized any more. Sessions ended: {ended}.")


@acts
def revoke_network(request: PersonRequest, network_id: str) -> HttpResponse:
    """Disown a network, and end all other sessions."""
    ended = networks.revoke_network(
        actor=request.actor, network_id=_id("net", network_id), now=clock.now()
    )
    return _back(request, f"That network is not yours any more. Sessions ended: {ended}.")


@acts
@counted_as(RouteClass.PROOFS)
def send_link(request: PersonRequest) -> HttpResponse:
    """E-mail the link that lets this network move the person's money."""
    try:
        networks.send_network_link(actor=request.actor, now=clock.now())
    except VaultCraftError as error:
        messages.error(request, words_of(error))
        return HttpResponseRedirect(_place())
    return _back(request, f"We sent a link to {request.user.email}. It works for half an hour.")


@reads
def confirming(request: PersonRequest, token: str) -> HttpResponse:
    """Where the link leads: what it would confirm, and a button; looking at it confirms nothing."""
    try:
        asked = networks.network_of_link(actor=request.actor, token=token, now=clock.now())
    except InvalidNetworkLink:
        return page(request, "web/network_link_ended.html", {}, here="security", status=410)
    context = {"token": token, "asked": confirming_facts(request, asked)}
    return page(request, "web/confirm_network.html", context, here="security")


@acts
@counted_as(RouteClass.PROOFS)
def confirm(request: PersonRequest, token: str) -> HttpResponse:
    """Let the network that the link was asked from move the person's money."""
    try:
        network = networks.confirm_network(actor=request.actor, token=token, now=clock.now())
    except VaultCraftError as error:
        messages.error(request, words_of(error))
        return HttpResponseRedirect(_place())
    return _back(request, f"Money can be moved from {network.prefix.removesuffix('/32')} now.")


def _id(prefix: str, text: str) -> uuid.UUID:
    try:
        return decode(prefix, text)
    except MalformedId as error:
        raise NotFound() from error


def _place() -> str:
    return reverse("web:security")


def _back(request: PersonRequest, words: str) -> HttpResponse:
    messages.success(request, words)
    return HttpResponseRedirect(_place())
