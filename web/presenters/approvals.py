"""Acts that wait for a second person, as rows and in full."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from accounts.choices import PendingActState, PlatformRole, Role
from accounts.models import PendingAct, User
from accounts.services.pending_acts import kind_of, state_of, summary_of
from kernel.ids import encode
from kernel.money import display
from ledger.queries import currencies
from wallets.models import ApprovalThreshold
from web.presenters.badges import Badge, act_badge
from web.presenters.money import shown
from web.refusals import sentence_of

PREFIX = "pac"
# What the page says otherwise, or nobody reads.
_NOT_SHOWN = {"metadata", "kind", "source", "destination", "hold", "legs"}


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
        url=reverse("web:approval", args=[encode(PREFIX, act.id)]),
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
        pairs=[
            (name.removesuffix("_id").replace("_", " ").capitalize(), _words(name, value))
            for name, value in act.facts.items()
            if name not in _NOT_SHOWN and value not in (None, "")
        ],
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


@dataclasses.dataclass(frozen=True, slots=True)
class ThresholdRow:
    """From which amount on payments in one currency take a second person."""

    currency: str
    amount: str
    counts_keys: bool


def threshold_rows(rows: Iterable[ApprovalThreshold]) -> list[ThresholdRow]:
    """The thresholds of an organization."""
    return [
        ThresholdRow(
            row.currency_id, shown(row.threshold_minor or 0, row.currency), row.counts_keys
        )
        for row in rows
    ]


def _words(name: str, value: Any) -> str:
    if name == "user_id":
        return _name_of(value)
    if name in ("role", "before") and isinstance(value, str):
        labels = dict(Role.choices) | dict(PlatformRole.choices)
        return str(labels.get(value, value))
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return str(value)


def _name_of(user_id: str) -> str:
    found = User.objects.filter(id=user_id).values_list("full_name", flat=True).first()
    return found or user_id


def _amount(amount_minor: int | None, currency: str | None) -> str:
    if amount_minor is None or currency is None:
        return ""
    known = currencies().get(code=currency)
    return display(amount_minor=amount_minor, currency=currency, exponent=known.exponent)
