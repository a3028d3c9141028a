"""Webhooks: endpoints, what was sent to them and what they answered."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.policy import may, require
from kernel import clock
from kernel.context import reading
from kernel.errors import Kind, NotFound, VaultCraftError
from kernel.ids import MalformedId, decode, encode
from notifications.choices import DeliveryState, EndpointStatus
from notifications.queries import (
    attempts_of,
    delivery_of,
    endpoint_of,
    visible_deliveries,
    visible_endpoints,
)
from notifications.services import webhooks as service
from notifications.services.webhooks.endpoints import MOST_ENDPOINTS
from web.doors import PersonRequest, acts, reads
from web.forms.webhooks import DeliveriesForm, WebhookForm
from web.pages import page, page_or_part
from web.pagination import window
from web.presenters.webhooks import (
    DELIVERY,
    ENDPOINT,
    attempt_card,
    delivery_rows,
    endpoint_card,
    readable,
)
from web.refusals import STATUS_OF_KIND, explain, words_of
from web.views.organization import Secret

MOST_ATTEMPTS = 20
_SECRET = "Copy it now: your server verifies deliveries with it. It is not shown again."  # noqa: S105


@reads
def overview(request: PersonRequest) -> HttpResponse:
    """Every endpoint, and a form for another."""
    return _list_page(request, WebhookForm(auto_id="id_webhook_%s"))


@acts
def add(request: PersonRequest) -> HttpResponse:
    """Add an endpoint; its secret is shown once."""
    form = WebhookForm(request.POST, auto_id="id_webhook_%s")
    if not form.is_valid():
        with reading(request.actor):
            return _list_page(request, form, status=400)
    try:
        endpoint, secret = service.add_endpoint(actor=request.actor, now=clock.now(), **form.asked)
    except VaultCraftError as error:
        if error.kind is Kind.FORBIDDEN:
            raise
        explain(form, error)
        with reading(request.actor):
            return _list_page(request, form, status=STATUS_OF_KIND[error.kind])
    shown = Secret("The endpoint’s secret", _SECRET, secret, "secret")
    with reading(request.actor):
        return _detail_page(request, endpoint.id, shown_once=shown)


@reads
def detail(request: PersonRequest, endpoint_id: str) -> HttpResponse:
    """One endpoint with its log. htmx asks for the log alone."""
    require(request.actor, "webhooks.read")
    return _detail_page(request, _id(ENDPOINT, endpoint_id))


@acts
def change(request: PersonRequest, endpoint_id: str) -> HttpResponse:
    """Set the address, the description and the filter."""
    wanted = _id(ENDPOINT, endpoint_id)
    form = WebhookForm(request.POST, auto_id="id_webhook_%s")
    if not form.is_valid():
        with reading(request.actor):
            return _detail_page(request, wanted, form=form, status=400)
    try:
        service.change_endpoint(
            actor=request.actor, endpoint_id=wanted, now=clock.now(), **form.asked
        )
    except VaultCraftError as error:
        if error.kind in (Kind.FORBIDDEN, Kind.NOT_FOUND):
            raise
        explain(form, error)
        with reading(request.actor):
            return _detail_page(request, wanted, form=form, status=STATUS_OF_KIND[error.kind])
    messages.success(request, "The endpoint is changed.")
    return _to_detail(wanted)


@acts
def switch(request: PersonRequest, endpoint_id: str) -> HttpResponse:
    """Pause it, or enable it again."""
    wanted = _id(ENDPOINT, endpoint_id)
    if request.POST.get("to") == "enabled":
        service.enable_endpoint(actor=request.actor, endpoint_id=wanted, now=clock.now())
        messages.success(request, "Events are sent again, what waited first.")
    else:
        service.pause_endpoint(actor=request.actor, endpoint_id=wanted, now=clock.now())
        messages.success(request, "Nothing is sent for now. Events wait up to five days.")
    return _to_detail(wanted)


@acts
def remove(request: PersonRequest, endpoint_id: str) -> HttpResponse:
    """Send nothing to it any more."""
    service.remove_endpoint(
        actor=request.actor, endpoint_id=_id(ENDPOINT, endpoint_id), now=clock.now()
    )
    messages.success(request, "The endpoint is removed. Nothing is sent to it any more.")
    return HttpResponseRedirect(reverse("web:webhooks"))


@acts
def rotate(request: PersonRequest, endpoint_id: str) -> HttpResponse:
    """Sign with a new secret; it is shown once."""
    wanted = _id(ENDPOINT, endpoint_id)
    secret = service.rotate_secret(actor=request.actor, endpoint_id=wanted, now=clock.now())
    words = f"{_SECRET} For 24 hours the one before signs as well."
    shown = Secret("The endpoint’s new secret", words, secret, "secret")
    with reading(request.actor):
        return _detail_page(request, wanted, shown_once=shown)


@acts
def test(request: PersonRequest, endpoint_id: str) -> HttpResponse:
    """Send a test event the way of every event."""
    wanted = _id(ENDPOINT, endpoint_id)
    try:
        service.try_endpoint(actor=request.actor, endpoint_id=wanted, now=clock.now())
    except VaultCraftError as error:
        if error.kind in (Kind.FORBIDDEN, Kind.NOT_FOUND):
            raise
        messages.error(request, words_of(error))
    else:
        messages.success(request, "A test event is on its way. What came of it appears below.")
    return _to_detail(wanted)


@reads
def delivery(request: PersonRequest, delivery_id: str) -> HttpResponse:
    """One delivery with its requests and answers."""
    actor = request.actor
    require(actor, "webhooks.read")
    row = delivery_of(actor=actor, delivery_id=_id(DELIVERY, delivery_id))
    over = row.state != DeliveryState.PENDING
    enabled = row.endpoint.status == EndpointStatus.ENABLED
    context = {
        "delivery": delivery_rows([row])[0],
        "id": encode(DELIVERY, row.id),
        "row": row,
        "pending": not over,
        "endpoint": endpoint_card(row.endpoint, now=clock.now()),
        "body": readable(row.body),
        "attempts": [attempt_card(one) for one in attempts_of(row, most=MOST_ATTEMPTS)],
        "may_resend": over and enabled and may(actor, "webhooks.manage"),
    }
    return page(request, "web/webhook_delivery.html", context, here="organization")


@acts
def resend(request: PersonRequest, delivery_id: str) -> HttpResponse:
    """Deliver it again."""
    wanted = _id(DELIVERY, delivery_id)
    try:
        service.resend(actor=request.actor, delivery_id=wanted, now=clock.now())
    except VaultCraftError as error:
        if error.kind in (Kind.FORBIDDEN, Kind.NOT_FOUND):
            raise
        messages.error(request, words_of(error))
    else:
        messages.success(request, "It is sent again, under the same id.")
    return HttpResponseRedirect(reverse("web:webhook-delivery", args=[encode(DELIVERY, wanted)]))


def _list_page(request: PersonRequest, form: WebhookForm, *, status: int = 200) -> HttpResponse:
    actor, now = request.actor, clock.now()
    require(actor, "webhooks.read")
    rows = list(visible_endpoints(actor).order_by("-id")[: MOST_ENDPOINTS * 10])
    manages = may(actor, "webhooks.manage") and actor.organization_id is not None
    context = {
        "endpoints": [endpoint_card(row, now=now) for row in rows],
        "most": MOST_ENDPOINTS,
        "form": form if manages and len(rows) < MOST_ENDPOINTS else None,
    }
    return page(request, "web/webhooks.html", context, here="organization", status=status)


def _detail_page(
    request: PersonRequest,
    endpoint_id: uuid.UUID,
    *,
    form: WebhookForm | None = None,
    shown_once: Secret | None = None,
    status: int = 200,
) -> HttpResponse:
    actor = request.actor
    require(actor, "webhooks.read")
    row = endpoint_of(actor=actor, endpoint_id=endpoint_id)
    context = {
        "endpoint": endpoint_card(row, now=clock.now()),
        "shown_once": shown_once,
        "form": (form or _filled(row)) if may(actor, "webhooks.manage") else None,
        **_log(request, row.id),
    }
    return page_or_part(
        request,
        whole="web/webhook.html",
        part="web/webhook_log.html",
        context=context,
        here="organization",
        status=status,
    )


def _filled(row: Any) -> WebhookForm:
    given = {"url": row.url, "description": row.description, "events": row.event_names}
    return WebhookForm(initial=given, auto_id="id_webhook_%s")


def _log(request: PersonRequest, endpoint_id: uuid.UUID) -> dict[str, Any]:
    filters = DeliveriesForm(request.GET or None)
    state = filters.cleaned_data["state"] if filters.is_bound and filters.is_valid() else ""
    rows = visible_deliveries(request.actor).filter(endpoint_id=endpoint_id)
    found = window(
        request,
        rows.filter(state=state) if state else rows,
        field="id",
        parse=lambda text: _id(DELIVERY, text),
        render=lambda value: encode(DELIVERY, value),
    )
    return {
        "filters": filters,
        "filtered": bool(state),
        "rows": delivery_rows(found.rows),
        "pager": found.pager,
    }


def _to_detail(endpoint_id: uuid.UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse("web:webhook", args=[encode(ENDPOINT, endpoint_id)]))


def _id(prefix: str, text: str) -> uuid.UUID:
    try:
        return decode(prefix, text)
    except MalformedId:
        raise NotFound() from None
