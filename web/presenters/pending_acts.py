"""Acts that wait for a second person, as rows and in full."""

from __future__ import annotations

import dataclasses
import datetime as dt

from django.urls import reverse

from accounts.choices import PendingActState
from accounts.models import PendingAct
from accounts.services.pending_acts import kind_of, state_of, summary_of
from accounts.services.permits import KEY, LIFETIME, issued_under
from kernel.ids import encode
from web.presenters.act_facts import amount_of, legs_of, pairs_of
from web.presenters.badges import Badge, act_badge
from web.refusals import sentence_of

PREFIX = "pac"


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
class Permit:
    """What became of a key that was agreed to: issued, or to be by its maker before `until`."""

    issued: bool
    open: bool
    until: dt.datetime


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
    permit: Permit | None


def act_row(act: PendingAct, *, now: dt.datetime) -> ActRow:
    """One act in a list."""
    state = state_of(act, now=now)
    return ActRow(
        id=str(act.id),
        url=reverse("web:pending-act", args=[encode(PREFIX, act.id)]),
        title=kind_of(act.kind).title,
        summary=summary_of(act),
        amount=amount_of(act.amount_minor, act.currency),
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
        pairs=pairs_of(act),
        legs=legs_of(act),
        door=act.get_door_display(),
        checker=act.checker_display,
        decided_at=act.decided_at,
        note=act.note,
        refusal=sentence_of(code=act.reason_code).words if act.reason_code else "",
        result_url=reverse("web:transfer", args=[encode("trf", act.result_id)])
        if paid and act.result_id
        else "",
        permit=_permit(act, now=now),
    )


def _permit(act: PendingAct, *, now: dt.datetime) -> Permit | None:
    if act.kind != KEY or act.state != PendingActState.AGREED or act.decided_at is None:
        return None
    issued, until = issued_under(act), act.decided_at + LIFETIME
    return Permit(issued=issued, open=not issued and now < until, until=until)
