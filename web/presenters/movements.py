"""Transfers as rows and as receipts, seen from one side."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
import zoneinfo
from collections.abc import Collection, Iterable
from itertools import groupby

from django.urls import reverse

from kernel.ids import encode
from wallets.choices import TransferKind, TransferState
from wallets.models import Transfer
from wallets.policy import approved_by
from web.presenters.badges import Badge, transfer_badge
from web.presenters.money import shown, signed
from web.refusals import sentence_of

_CASH = {TransferKind.DEPOSIT, TransferKind.WITHDRAWAL}
_CASH_TITLES = {
    TransferKind.DEPOSIT: "Deposit",
    TransferKind.WITHDRAWAL: "Withdrawal",
    TransferKind.REVERSAL: "Bank movement undone",
}
_TAGS = {
    TransferKind.CAPTURE: "Captured hold",
    TransferKind.REVERSAL: "Given back",
    TransferKind.PAYOUT: "Payout",
}
_DEAD = {TransferState.FAILED, TransferState.CANCELLED}
_WAITING = {TransferState.PENDING, TransferState.PROCESSING}
BANK = "Bank"
_DOORS = {
    "web": "in the browser",
    "api": "by the API",
    "admin": "in the admin",
    "command": "by a command",
    "task": "by a scheduled task",
}


@dataclasses.dataclass(frozen=True, slots=True)
class MovementRow:
    """One transfer in a list. `tag` names a kind that the title does not tell."""

    url: str
    direction: str
    title: str
    meta: str
    amount: str
    badge: Badge
    tag: str
    dead: bool
    at: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class Day:
    """The rows of one day of the organization."""

    day: dt.date
    rows: list[MovementRow]


@dataclasses.dataclass(frozen=True, slots=True)
class TransferCard:
    """One transfer in full.

    :param fee: what the payer paid on top, or what a reversal gave back of it; empty for none, and
        for whoever it does not concern.
    :param counts_from: where that is an earlier time than `at`, named by who recorded it.
    :param total: amount and fee together, where there is a fee.
    """

    id: str
    url: str
    receipt_url: str
    kind_label: str
    amount: str
    fee: str
    total: str
    signed_amount: str
    is_reversal: bool
    sentence: str
    outcome: str
    stamp: str
    stamp_icon: str
    badge: Badge
    reason: str
    reason_code: str
    payer_name: str
    payer_organization: str
    source_handle: str
    payee_name: str
    payee_organization: str
    destination_handle: str
    description: str
    made_by: str
    approved_by: str
    checked_by: str
    request_id: str
    at: dt.datetime
    counts_from: dt.datetime | None


def direction_of(transfer: Transfer, mine: Collection[uuid.UUID]) -> str:
    """``in``, ``out`` or ``own``, from the wallets the reader calls theirs."""
    pays, receives = transfer.source_id in mine, transfer.destination_id in mine
    if pays and receives:
        return "own"
    return "in" if receives else "out"


def movement_row(transfer: Transfer, mine: Collection[uuid.UUID]) -> MovementRow:
    """The row of one transfer."""
    direction = direction_of(transfer, mine)
    return MovementRow(
        url=reverse("web:transfer", args=[encode("trf", transfer.id)]),
        direction=direction,
        title=_title(transfer, direction),
        meta=_meta(transfer, direction),
        amount=signed(transfer.amount_minor, transfer.currency, direction=direction),
        badge=transfer_badge(transfer.state),
        tag=_TAGS.get(TransferKind(transfer.kind), ""),
        dead=transfer.state in _DEAD,
        at=transfer.created_at,
    )


def by_day(rows: Iterable[MovementRow], *, timezone: str) -> list[Day]:
    """Rows under their day in this time zone, in the order they came."""
    zone = zoneinfo.ZoneInfo(timezone)
    groups = groupby(rows, key=lambda row: row.at.astimezone(zone).date())
    return [Day(day, list(group)) for day, group in groups]


def transfer_card(
    transfer: Transfer,
    *,
    mine: Collection[uuid.UUID],
    names: dict[uuid.UUID, str],
    asked: bool,
) -> TransferCard:
    """Everything about one transfer that its page and its receipt say.

    :param asked: whether the reader stands on the side that asked for it; the other side learns
        neither who did nor through which request.
    :param names: display names of the two organizations.
    """
    direction = direction_of(transfer, mine)
    public_id = encode("trf", transfer.id)
    payer, payee = transfer.source_holder or BANK, transfer.destination_holder or BANK
    home = names.get(transfer.organization_id, "")
    other = names.get(transfer.counterparty_organization_id or transfer.organization_id, home)
    stamp, stamp_icon, outcome = _stamp(transfer, direction)
    fee_minor = transfer.fee_minor if sees_fee(transfer, mine) else 0
    total_minor = transfer.amount_minor + fee_minor
    return TransferCard(
        id=public_id,
        url=reverse("web:transfer", args=[public_id]),
        receipt_url=reverse("web:receipt", args=[public_id]),
        kind_label=TransferKind(transfer.kind).label,
        amount=shown(transfer.amount_minor, transfer.currency),
        fee=shown(fee_minor, transfer.currency) if fee_minor else "",
        total=shown(total_minor, transfer.currency) if fee_minor else "",
        is_reversal=transfer.kind == TransferKind.REVERSAL,
        signed_amount=signed(transfer.amount_minor, transfer.currency, direction=direction),
        sentence=f"{payer} to {payee}",
        outcome=outcome,
        stamp=stamp,
        stamp_icon=stamp_icon,
        badge=transfer_badge(transfer.state),
        reason=sentence_of(code=transfer.reason_code).words if transfer.reason_code else "",
        reason_code=transfer.reason_code,
        payer_name=payer,
        payer_organization=home,
        source_handle=transfer.source_handle,
        payee_name=payee,
        payee_organization=other,
        destination_handle=transfer.destination_handle,
        description=transfer.description,
        made_by=_made_by(transfer) if asked else "",
        approved_by=approved_by(transfer) if asked else "",
        checked_by=transfer.checker_display if asked else "",
        request_id=transfer.request_id if asked else "",
        at=transfer.completed_at or transfer.created_at,
        counts_from=transfer.effective_at,
    )


def sees_fee(transfer: Transfer, mine: Collection[uuid.UUID]) -> bool:
    """Whether the fee is the reader's business: it is between the payer and its organization."""
    back = transfer.kind == TransferKind.REVERSAL
    return (transfer.destination_id if back else transfer.source_id) in mine


def _title(transfer: Transfer, direction: str) -> str:
    if transfer.kind == TransferKind.PAYOUT:
        return f"{transfer.destination_holder} {transfer.destination_handle}"
    if transfer.kind in _CASH or not (transfer.source_id and transfer.destination_id):
        return _CASH_TITLES[TransferKind(transfer.kind)]
    if direction == "own" and transfer.source_holder == transfer.destination_holder:
        return "Between own wallets"
    return transfer.source_holder if direction == "in" else transfer.destination_holder


def _meta(transfer: Transfer, direction: str) -> str:
    ends = {
        "in": transfer.source_handle and f"From {transfer.source_handle}",
        "out": transfer.destination_handle and f"To {transfer.destination_handle}",
        "own": f"{transfer.source_handle} to {transfer.destination_handle}",
    }
    if not transfer.source_id:
        ends["in"] = f"Into {transfer.destination_handle}"
    if not transfer.destination_id:
        ends["out"] = f"Out of {transfer.source_handle}"
    return " · ".join(part for part in (ends[direction], transfer.description) if part)


def _stamp(transfer: Transfer, direction: str) -> tuple[str, str, str]:
    """The mark on top of a receipt: its style, its icon, its words."""
    if transfer.state in _DEAD:
        return "stamp-bad", "x", "No money moved"
    if transfer.state in _WAITING:
        return "stamp-wait", "hourglass", "On its way"
    if transfer.kind == TransferKind.REVERSAL:
        return "", "repeat", "Money came back" if direction == "in" else "Money given back"
    return "", "check", "Money received" if direction == "in" else "Money sent"


def _made_by(transfer: Transfer) -> str:
    door = _DOORS.get(transfer.door, "")
    return ", ".join(part for part in (transfer.actor_display, door) if part)
