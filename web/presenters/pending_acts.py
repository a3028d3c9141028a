"""Acts that wait for a second person, as rows and in full."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from typing import Any

from django.urls import reverse

from accounts.choices import PendingActState, PlatformRole, Role
from accounts.models import PendingAct, User
from accounts.queries import display_names
from accounts.services.pending_acts import kind_of, state_of, summary_of
from kernel.ids import encode
from kernel.money import display
from kyc.choices import Tier
from ledger.queries import currencies
from wallets.choices import TransferKind, WalletKind
from wallets.directory import look_up
from web.presenters.badges import Badge, act_badge
from web.refusals import sentence_of

PREFIX = "pac"
# What the page says otherwise, or nobody reads.
_NOT_SHOWN = {
    *("metadata", "source", "destination", "hold", "legs"),
    *("counterparty_id", "limit_rule_id", "amounts_minor"),
    *("payee_id", "approval_id", "reversal"),
}
_NO_FEE = ("fee_minor", 0)
_LABELS = {
    "source_handle": "From wallet",
    "destination_handle": "To wallet",
    "description": "Note",
    "approval_method": "Approved by",
    "user_id": "Person",
    "before": "Before",
    "organization_id": "Organization",
    "counterparty_name": "With",
    "bps": "Hundredths of a percent",
    "counts_keys": "Counts for API keys",
}


@dataclasses.dataclass(frozen=True, slots=True)
class ActRow:
    """One act in a list."""

    id: str
    url: str
    title: str
    summary: str
    amount: str
    maker: str
    badge: Badge
    waits: bool
    made_at: dt.datetime
    expires_at: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class ActCard:
    """One act in full, with what may be done about it."""

    row: ActRow
    pairs: list[tuple[str, str]]
    legs: list[tuple[str, str, str]]
    door: str
    checker: str
    decided_at: dt.datetime | None
    note: str
    refusal: str
    result_url: str


def act_row(act: PendingAct, *, now: dt.datetime) -> ActRow:
    """One act in a list."""
    state = state_of(act, now=now)
    return ActRow(
        id=str(act.id),
        url=reverse("web:pending-act", args=[encode(PREFIX, act.id)]),
        title=kind_of(act.kind).title,
        summary=summary_of(act),
        amount=_amount(act.amount_minor, act.currency),
        maker=act.maker_display,
        badge=act_badge(state),
        waits=state is PendingActState.PENDING,
        made_at=act.made_at,
        expires_at=act.expires_at,
    )


def act_card(act: PendingAct, *, now: dt.datetime) -> ActCard:
    """One act in full."""
    paid = act.result_type == "transfer" and act.result_id is not None
    return ActCard(
        row=act_row(act, now=now),
        pairs=[*_payee(act), *_pairs(act)],
        legs=[
            (
                leg["side"].capitalize(),
                _amount(leg["amount_minor"], leg["currency"]),
                leg["account_id"],
            )
            for leg in act.facts.get("legs", ())
        ],
        door=act.get_door_display(),
        checker=act.checker_display,
        decided_at=act.decided_at,
        note=act.note,
        refusal=sentence_of(code=act.reason_code).words if act.reason_code else "",
        result_url=reverse("web:transfer", args=[encode("trf", act.result_id)])
        if paid and act.result_id
        else "",
    )


def _pairs(act: PendingAct) -> list[tuple[str, str]]:
    """What was asked for, in words."""
    return [
        (_label(name), _words(act, name, value))
        for name, value in act.facts.items()
        if name not in _NOT_SHOWN and value not in (None, "") and (name, value) != _NO_FEE
    ]


def _payee(act: PendingAct) -> list[tuple[str, str]]:
    """Who would get the money: an agreement is to an amount and a payee."""
    handle = act.facts.get("destination_handle")
    found = look_up([handle]).get(handle) if handle else None
    if found is None:
        return []
    names = dict.fromkeys((found.holder_name, found.organization_name))
    return [("Payee", ", ".join(names))]


def _label(name: str) -> str:
    plain = name.removesuffix("_id").removesuffix("_minor").replace("_", " ").capitalize()
    return _LABELS.get(name, plain)


def _words(act: PendingAct, name: str, value: Any) -> str:
    if name == "user_id":
        return _name_of(value)
    if name == "organization_id":
        return display_names([uuid.UUID(value)]).get(uuid.UUID(value), "")
    if name.endswith("_minor"):
        return _amount(value, act.facts.get("currency") or act.currency)
    if name in ("role", "before") and isinstance(value, str):
        labels = dict(Role.choices) | dict(PlatformRole.choices)
        return str(labels.get(value, value))
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if name in ("kind", "wallet_kind"):
        labels = dict(TransferKind.choices) | dict(WalletKind.choices)
        return str(labels.get(value, value))
    if name == "tier":
        return str(Tier(value).label)
    return str(value)


def _name_of(user_id: str) -> str:
    found = User.objects.filter(id=user_id).values_list("full_name", flat=True).first()
    return found or user_id


def _amount(amount_minor: int | None, currency: str | None) -> str:
    if amount_minor is None or currency is None:
        return ""
    known = currencies().get(code=currency)
    return display(amount_minor=amount_minor, currency=currency, exponent=known.exponent)
