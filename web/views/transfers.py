"""What moved: the list with its filters, one transfer in full, its receipt."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse

from accounts.policy import may
from accounts.queries import display_names
from audit.queries import records_about
from events.queries import events_about
from kernel import clock
from kernel.ids import MalformedId, decode, encode
from ledger.queries import transactions_of_transfer
from wallets.errors import TransferNotFound
from wallets.models import Transfer
from wallets.queries import (
    reversals_of,
    transfer_of,
    visible_holds,
    visible_transfers,
    visible_wallets,
)
from web.doors import PersonRequest, reads
from web.forms import HistoryForm
from web.ownership import asked_for, ends_of, may_give_back, own_ends
from web.pages import page, page_or_part
from web.pagination import window
from web.presenters.choices import currency_choices
from web.presenters.evidence import audit_rows, event_row, timeline
from web.presenters.history import History, history
from web.presenters.ledger import transaction_card
from web.presenters.movements import by_day, movement_row, sees_fee, transfer_card

_SEARCHED = (
    "source_holder",
    "destination_holder",
    "source_handle",
    "destination_handle",
    "description",
)


@reads
def overview(request: PersonRequest) -> HttpResponse:
    """Every transfer one may see, filtered by the address. htmx asks for the rows alone."""
    form = HistoryForm(request.GET or None, currencies=currency_choices())
    form.is_valid()  # a filter that cannot be read is told, the others still count
    filters = form.cleaned_data if form.is_bound else {}
    shown = window(
        request,
        _filtered(request, visible_transfers(request.actor), filters),
        field="id",
        parse=_id,
        render=lambda value: encode("trf", value),
    )
    mine = own_ends(request.actor, shown.rows)
    context = {
        "form": form,
        "days": by_day(
            (movement_row(transfer, mine) for transfer in shown.rows), timezone=_timezone(request)
        ),
        "timezone": _timezone(request),
        "pager": shown.pager,
        "filtered": any(filters.values()) or bool(form.errors),
        "may_send": may(request.actor, "transfers.create"),
    }
    return page_or_part(
        request,
        whole="web/transfers.html",
        part="web/transfers_results.html",
        context=context,
        here="transfers",
    )


@reads
def detail(request: PersonRequest, transfer_id: str) -> HttpResponse:
    """Entries, timeline, evidence and event of one transfer, of one's own organization."""
    actor = request.actor
    transfer = transfer_of(actor=actor, transfer_id=_id(transfer_id))
    posted = [transfer.source_transaction_id, transfer.destination_transaction_id]
    transactions = transactions_of_transfer([one for one in posted if one])
    sees_books = may(actor, "ledger.read")
    wallets = visible_wallets(actor).filter(id__in=ends_of([transfer]))
    accounts = {wallet.account_id: wallet.handle for wallet in wallets}
    context = {
        "transfer": _card(request, transfer),
        "history": _history(request, transfer),
        "transactions": [
            transaction_card(one, wallets=accounts, sees_books=sees_books) for one in transactions
        ],
        "audits": audit_rows(records_about([transfer.id])) if may(actor, "audit.read") else [],
        "events": [event_row(one) for one in events_about([transfer.id])]
        if may(actor, "events.read")
        else [],
        "timeline": timeline(transfer, asked=asked_for(actor, transfer)),
    }
    return page(request, "web/transfer.html", context, here="transfers")


@reads
def receipt(request: PersonRequest, transfer_id: str) -> HttpResponse:
    """One transfer as a slip that prints well."""
    transfer = transfer_of(actor=request.actor, transfer_id=_id(transfer_id))
    context = {
        "transfer": _card(request, transfer),
        "may_send": may(request.actor, "transfers.create"),
        "just_sent": "sent" in request.GET,
    }
    here = "send" if context["just_sent"] else "transfers"
    return page(request, "web/receipt.html", context, here=here)


def _card(request: PersonRequest, transfer: Transfer) -> Any:
    sides = [transfer.organization_id, transfer.counterparty_organization_id]
    names = display_names([one for one in sides if one])
    return transfer_card(
        transfer,
        mine=own_ends(request.actor, [transfer]),
        names=names,
        asked=asked_for(request.actor, transfer),
    )


def _history(request: PersonRequest, transfer: Transfer) -> History:
    """What was given back of it, and what it gives back: as far as the reader may look."""
    actor = request.actor
    seen = visible_transfers(actor)
    back = list(reversals_of(transfer.id))
    hold_id = transfer.hold_id
    return history(
        transfer,
        original=seen.filter(id=transfer.reverses_id).first() if transfer.reverses_id else None,
        back=back,
        may_give_back=may_give_back(actor, transfer),
        sees_fee=sees_fee(transfer, own_ends(actor, [transfer])),
        sees_hold=hold_id is not None and visible_holds(actor).filter(hold_id=hold_id).exists(),
    )


def _id(text: str) -> uuid.UUID:
    try:
        return decode("trf", text)
    except MalformedId as error:
        raise TransferNotFound() from error


def _filtered(
    request: PersonRequest, transfers: QuerySet[Transfer], filters: dict[str, Any]
) -> QuerySet[Transfer]:
    for name in ("state", "kind"):
        if filters.get(name):
            transfers = transfers.filter(**{name: filters[name]})
    if filters.get("currency"):
        transfers = transfers.filter(currency_id=filters["currency"])
    if filters.get("since"):
        first = clock.start_of_day(filters["since"], timezone=_timezone(request))
        transfers = transfers.filter(created_at__gte=first)
    if filters.get("until"):
        after = filters["until"] + dt.timedelta(days=1)
        ends = clock.start_of_day(after, timezone=_timezone(request))
        transfers = transfers.filter(created_at__lt=ends)
    if filters.get("direction"):
        mine = visible_wallets(request.actor).order_by().values("id")
        end = "destination" if filters["direction"] == "in" else "source"
        transfers = transfers.filter(**{f"{end}_id__in": mine})
    return transfers.filter(_matching(filters["q"])) if filters.get("q") else transfers


def _matching(words: str) -> Q:
    try:
        return Q(id=decode("trf", words.strip()))
    except MalformedId:
        matching = Q()
        for name in _SEARCHED:
            matching |= Q(**{f"{name}__icontains": words.strip()})
        return matching


def _timezone(request: PersonRequest) -> str:
    """In which the reader's days are counted: their organization's; of staff, UTC."""
    home = request.user.organization
    return home.timezone if home is not None else "UTC"
