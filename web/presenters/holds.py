"""Holds as rows and in full: what is reserved, what was taken, what was freed."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping

from django.urls import reverse

from kernel.ids import encode
from ledger.choices import HoldState
from wallets.models import WalletHold
from web.presenters.badges import Badge, hold_badge
from web.presenters.money import shown

PREFIX = "hld"
_WIDTH = 1000


@dataclasses.dataclass(frozen=True, slots=True)
class HoldRow:
    """One hold in a list. `note` says what is left and until when, or how it ended."""

    url: str
    title: str
    meta: str
    amount: str
    badge: Badge
    open: bool
    left: str
    until: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class Bar:
    """The captured and the freed part of a hold, in thousandths of its amount."""

    captured: int
    released: int
    released_from: int


@dataclasses.dataclass(frozen=True, slots=True)
class HoldCard:
    """One hold in full.

    :param fee: reserved on top of the amount; empty for none.
    :param fee_left: what of it captures have not taken yet and may still take.
    """

    id: str
    url: str
    capture_url: str
    void_url: str
    amount: str
    captured: str
    released: str
    left: str
    fee: str
    fee_left: str
    badge: Badge
    open: bool
    overdue: bool
    bar: Bar
    payer_name: str
    payer_organization: str
    source_handle: str
    payee_name: str
    payee_organization: str
    destination_handle: str
    description: str
    made_by: str
    placed_at: dt.datetime
    expires_at: dt.datetime
    ended_at: dt.datetime | None


def hold_row(hold: WalletHold, *, now: dt.datetime) -> HoldRow:
    """The row of one hold."""
    reserved = hold.hold
    ends = f"{hold.source_holder} {hold.source_handle}"
    return HoldRow(
        url=reverse("web:hold", args=[encode(PREFIX, hold.hold_id)]),
        title=f"For {hold.destination_holder}",
        meta=" · ".join(part for part in (ends, hold.description) if part),
        amount=shown(reserved.amount_minor, hold.currency),
        badge=hold_badge(reserved.state, overdue=is_overdue(hold, now=now)),
        open=reserved.state == HoldState.OPEN,
        left=shown(reserved.remaining_minor, hold.currency),
        until=reserved.ended_at or reserved.expires_at,
    )


def hold_card(
    hold: WalletHold, *, names: Mapping[uuid.UUID, str], asked: bool, now: dt.datetime
) -> HoldCard:
    """Everything about one hold that its page says.

    :param names: display names of the two organizations.
    :param asked: whether the reader may know who placed it.
    """
    reserved, currency = hold.hold, hold.currency
    public_id = encode(PREFIX, hold.hold_id)
    home = names.get(hold.organization_id, "")
    return HoldCard(
        id=public_id,
        url=reverse("web:hold", args=[public_id]),
        capture_url=reverse("web:hold-capture", args=[public_id]),
        void_url=reverse("web:hold-void", args=[public_id]),
        amount=shown(reserved.amount_minor, currency),
        captured=shown(reserved.captured_minor, currency),
        released=shown(reserved.released_minor, currency),
        left=shown(reserved.remaining_minor, currency),
        fee=shown(reserved.fee_minor, currency) if reserved.fee_minor else "",
        fee_left=shown(reserved.reserved_minor - reserved.remaining_minor, currency),
        badge=hold_badge(reserved.state, overdue=is_overdue(hold, now=now)),
        open=reserved.state == HoldState.OPEN and not is_overdue(hold, now=now),
        overdue=is_overdue(hold, now=now),
        bar=_bar(hold),
        payer_name=hold.source_holder,
        payer_organization=home,
        source_handle=hold.source_handle,
        payee_name=hold.destination_holder,
        payee_organization=names.get(hold.counterparty_organization_id or uuid.UUID(int=0), home),
        destination_handle=hold.destination_handle,
        description=hold.description,
        made_by=hold.actor_display if asked else "",
        placed_at=reserved.placed_at,
        expires_at=reserved.expires_at,
        ended_at=reserved.ended_at,
    )


def is_overdue(hold: WalletHold, *, now: dt.datetime) -> bool:
    """Whether its time has run out, but nothing has freed the money yet."""
    return hold.hold.state == HoldState.OPEN and hold.hold.expires_at <= now


def _bar(hold: WalletHold) -> Bar:
    reserved = hold.hold
    captured = reserved.captured_minor * _WIDTH // reserved.amount_minor
    released = reserved.released_minor * _WIDTH // reserved.amount_minor
    return Bar(captured, released, _WIDTH - released)
