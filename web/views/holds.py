"""Holds: the list with its filters, one hold in full, reserving money and letting it go."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.errors import ApprovalRefused
from accounts.policy import may, require
from accounts.queries import display_names
from audit.queries import records_about
from events.queries import events_about
from kernel import clock
from kernel.actor import Actor
from kernel.context import reading
from kernel.crypto import fingerprint
from kernel.errors import Kind, VaultCraftError
from kernel.ids import MalformedId, decode, encode
from kernel.money import parse_minor
from kernel.rates.table import RouteClass
from wallets.errors import FeeChanged, ReferenceReused, WalletHoldNotFound
from wallets.models import WalletHold
from wallets.queries import hold_of, visible_holds, visible_transfers, wallet_of
from wallets.services.approving import approve_hold
from wallets.services.holds import HoldRequest, place_hold, void_hold
from wallets.services.references import reference_of, unused_reference
from web.approving import moved_with_pin
from web.doors import PersonRequest, acts, counted_as, reads
from web.forms import HoldForm, HoldsForm, new_key, renew_key
from web.ownership import debitable_wallets, may_free, may_take, own_ends
from web.pages import page, page_or_part
from web.pagination import window
from web.presenters.choices import currency_choices
from web.presenters.evidence import audit_rows, event_row
from web.presenters.holds import PREFIX, HoldCard, hold_card, hold_row
from web.presenters.money import shown
from web.presenters.movements import movement_row
from web.presenters.wallets import source_choices
from web.presenters.whereabouts import network_notice
from web.refusals import STATUS_OF_KIND, explain, words_of
from web.views.send import payee_context

ROUTE = "web:hold"
MOST_CAPTURES = 100
_SEARCHED = (
    "source_holder",
    "destination_holder",
    "source_handle",
    "destination_handle",
    "description",
)


@reads
def overview(request: PersonRequest) -> HttpResponse:
    """Every hold one may see, filtered by the address. htmx asks for the rows alone."""
    form = HoldsForm(request.GET or None, currencies=currency_choices())
    form.is_valid()
    filters = form.cleaned_data if form.is_bound else {}
    found = window(
        request,
        _filtered(visible_holds(request.actor), filters),
        field="hold_id",
        parse=id_of,
        render=lambda value: encode(PREFIX, value),
    )
    now = clock.now()
    context = {
        "form": form,
        "rows": [hold_row(hold, now=now) for hold in found.rows],
        "pager": found.pager,
        "filtered": any(filters.values()) or bool(form.errors),
        "may_place": may(request.actor, "transfers.create"),
    }
    return page_or_part(
        request,
        whole="web/holds.html",
        part="web/holds_results.html",
        context=context,
        here="holds",
    )


@reads
def detail(request: PersonRequest, hold_id: str) -> HttpResponse:
    """One hold with what was captured of it."""
    actor = request.actor
    hold = hold_of(actor=actor, hold_id=id_of(hold_id))
    captures = list(visible_transfers(actor).filter(hold_id=hold.hold_id)[:MOST_CAPTURES])
    mine = own_ends(actor, captures)
    context = {
        "hold": card_of(actor, hold),
        "captures": [movement_row(transfer, mine) for transfer in captures],
        "may_take": may_take(actor, hold),
        "may_free": may_free(actor, hold),
        "audits": audit_rows(records_about([hold.hold_id])) if may(actor, "audit.read") else [],
        "events": [event_row(one) for one in events_about([hold.hold_id])]
        if may(actor, "events.read")
        else [],
    }
    return page(request, "web/hold.html", context, here="holds")


@reads
def new(request: PersonRequest) -> HttpResponse:
    """The empty form; ``?source=`` and ``?to=`` fill it."""
    require(request.actor, "transfers.create")
    given = {"source": request.GET.get("source", ""), "destination": request.GET.get("to", "")}
    return _form_page(request, _form(request, initial=given))


@acts
@counted_as(RouteClass.MONEY)
def place(request: PersonRequest) -> HttpResponse:
    """Reserve the money, once; the same form again leads to the same hold."""
    require(request.actor, "transfers.create")
    with reading(request.actor):
        form = _form(request, data=True)
        if not form.is_valid():
            return _form_page(request, form, status=400)
    try:
        asked = _asked(request, form)
        hold = _placed(asked, pin=form.cleaned_data["pin"])
    except FeeChanged as error:
        return _fee_page(request, form, asked, int(str(error.facts["fee_minor"])))
    except VaultCraftError as error:
        if error.kind is Kind.FORBIDDEN and not isinstance(error, ApprovalRefused):
            raise
        explain(form, error)
        if isinstance(error, ReferenceReused):
            renew_key(form)
        with reading(request.actor):
            return _form_page(request, form, status=STATUS_OF_KIND[error.kind])
    amount = shown(hold.hold.amount_minor, hold.currency)
    messages.success(request, f"{amount} is held for {hold.destination_holder}.")
    return HttpResponseRedirect(reverse("web:hold", args=[encode(PREFIX, hold.hold_id)]))


@acts
@counted_as(RouteClass.MONEY)
def void(request: PersonRequest, hold_id: str) -> HttpResponse:
    """Free what is left."""
    try:
        void_hold(actor=request.actor, hold_id=id_of(hold_id), now=clock.now())
    except VaultCraftError as error:
        if error.kind in (Kind.FORBIDDEN, Kind.NOT_FOUND):
            raise
        messages.error(request, words_of(error))
    else:
        messages.success(request, "The hold is voided: what was left of it is free again.")
    return HttpResponseRedirect(reverse("web:hold", args=[hold_id]))


def id_of(text: str) -> uuid.UUID:
    """The id in an address.

    :raises WalletHoldNotFound: for a text that is none.
    """
    try:
        return decode(PREFIX, text)
    except MalformedId as error:
        raise WalletHoldNotFound() from error


def card_of(actor: Actor, hold: WalletHold) -> HoldCard:
    """The card of a hold for this reader."""
    sides = [hold.organization_id, hold.counterparty_organization_id]
    asked = may(actor, "transfers.read_all") or hold.actor_id == actor.id
    names = display_names([one for one in sides if one])
    return hold_card(hold, names=names, asked=asked, now=clock.now())


def _placed(asked: HoldRequest, *, pin: str) -> WalletHold:
    asked_about = dataclasses.replace(asked, reference=unused_reference())
    return moved_with_pin(
        lambda one: place_hold(dataclasses.replace(asked, approval_id=one)),
        approve=lambda proof: approve_hold(request=asked_about, proof=proof),
        pin=pin,
    )


def _asked(request: PersonRequest, form: HoldForm) -> HoldRequest:
    given, now = form.cleaned_data, clock.now()
    with reading(request.actor):
        source = wallet_of(actor=request.actor, wallet=given["source"])
    destination = given["destination"].strip()
    amount_minor = parse_minor(text=given["amount"], exponent=source.currency.exponent)
    lasts = dt.timedelta(days=int(given["days"]))
    return HoldRequest(
        actor=request.actor,
        source=source.handle,
        destination=destination,
        amount_minor=amount_minor,
        currency=source.currency_id,
        expires_at=now + lasts,
        lasts=lasts,
        reference=reference_of(actor=request.actor, route=ROUTE, key=given["key"]),
        fingerprint=fingerprint(
            source.handle,
            destination.upper(),
            str(amount_minor),
            source.currency_id,
            given["days"],
            given["description"],
        ),
        now=now,
        description=given["description"],
        expected_fee_minor=given["agreed"] or 0,
    )


def _fee_page(
    request: PersonRequest, form: HoldForm, asked: HoldRequest, fee_minor: int
) -> HttpResponse:
    """The form again, with the fee that is held on top; nothing is reserved before that is seen."""
    form.data = form.data.copy()  # type: ignore[attr-defined] # a QueryDict
    form.data["agreed"] = str(fee_minor)  # type: ignore[index]
    with reading(request.actor):
        currency = wallet_of(actor=request.actor, wallet=asked.source).currency
        fees = {
            "fee": shown(fee_minor, currency),
            "total": shown(asked.amount_minor + fee_minor, currency),
        }
        return _form_page(request, form, more=fees)


def _form(
    request: PersonRequest, *, data: bool = False, initial: dict[str, str] | None = None
) -> HoldForm:
    return HoldForm(
        request.POST if data else None,
        initial={"key": new_key(), **(initial or {})},
        sources=source_choices(debitable_wallets(request.actor)),
        payee_url=reverse("web:payee"),
    )


def _form_page(
    request: PersonRequest,
    form: HoldForm,
    *,
    status: int = 200,
    more: Mapping[str, str] | None = None,
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, **(more or {}), **network_notice(request)}
    if "destination" not in form.errors:
        context |= payee_context(str(form["destination"].value() or ""))
    return page(request, "web/hold_new.html", context, here="holds", status=status)


def _filtered(holds: QuerySet[WalletHold], filters: dict[str, Any]) -> QuerySet[WalletHold]:
    if filters.get("state"):
        holds = holds.filter(hold__state=filters["state"])
    if filters.get("currency"):
        holds = holds.filter(currency_id=filters["currency"])
    return holds.filter(_matching(filters["q"])) if filters.get("q") else holds


def _matching(words: str) -> Q:
    try:
        return Q(hold_id=decode(PREFIX, words.strip()))
    except MalformedId:
        matching = Q()
        for name in _SEARCHED:
            matching |= Q(**{f"{name}__icontains": words.strip()})
        return matching
