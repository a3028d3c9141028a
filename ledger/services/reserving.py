"""Holds inside a posting: locking them, letting overdue ones go, and taking captures out of them.

A hold that ran out is released by the next posting that meets its account, so no worker has to run
for the money to be free again.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Sequence

from django.db import connection

from audit.services import Act, record_many
from events.services import Fact, emit_many
from kernel.actor import Door, system
from kernel.rows import array_literal
from ledger.choices import HoldState
from ledger.errors import CaptureExceedsHold, HoldEnded, HoldNotFound, PostingRefused
from ledger.services.movements import Capture

_HOLDS = (
    "SELECT id, organization_id, account_id, currency_id, amount_minor, captured_minor,"
    " released_minor, fee_minor, fee_account_id, state, expires_at FROM ledger_hold"
    " WHERE id = ANY (%s::uuid[])"
    " OR account_id = ANY (%s::uuid[]) AND state = 'OPEN' AND expires_at <= %s"
    " ORDER BY id"
)
_PROGRAM = system(door=Door.TASK, request_id="hold-expiry")
_COLUMNS = {
    "id": "uuid",
    "captured_minor": "bigint",
    "released_minor": "bigint",
    "state": "text",
    "ended_at": "timestamptz",
}
_UPDATE = (
    "UPDATE ledger_hold h SET captured_minor = n.captured, released_minor = n.released,"
    " state = n.state, ended_at = n.ended_at"
    " FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[])"
    " AS n (id, captured, released, state, ended_at) WHERE h.id = n.id"
)


@dataclasses.dataclass(slots=True)
class HoldStanding:
    """A hold as it stands after the movements judged so far."""

    id: uuid.UUID
    organization_id: uuid.UUID
    account_id: uuid.UUID
    currency: str
    amount_minor: int
    captured_minor: int
    released_minor: int
    fee_minor: int
    fee_account_id: uuid.UUID | None
    state: str
    expires_at: dt.datetime
    changed: bool = False

    @property
    def remaining_minor(self) -> int:
        return self.amount_minor - self.captured_minor - self.released_minor

    @property
    def reserved_minor(self) -> int:
        """What it keeps from its account: the remainder, and what is left of the fee."""
        if self.state != HoldState.OPEN:
            return 0
        return self.remaining_minor + self.fee_minor - self.fee_captured_minor

    @property
    def fee_captured_minor(self) -> int:
        """What captures took of the fee so far: their part of it, rounded down."""
        return self.fee_minor * self.captured_minor // self.amount_minor

    def fee_of(self, amount_minor: int) -> int:
        """The share of the fee that a capture of this much takes next."""
        captured_minor = self.captured_minor + amount_minor
        return self.fee_minor * captured_minor // self.amount_minor - self.fee_captured_minor

    def release(self, state: HoldState) -> int:
        """Let the remainder and its fee go, and say how much that was."""
        freed = self.reserved_minor
        self.released_minor += self.remaining_minor
        self.state, self.changed = state, True
        return freed

    def ended_at(self, now: dt.datetime) -> dt.datetime | None:
        """When it ended, or None: its time ends a hold, not the posting that tidies it away."""
        if self.state == HoldState.OPEN:
            return None
        return self.expires_at if self.state == HoldState.EXPIRED else now

    def refusal(self, capture: Capture) -> PostingRefused | None:
        """Why the capture cannot be taken from this hold, or None."""
        if self.state != HoldState.OPEN:
            return HoldEnded(facts={"state": str(self.state)})
        if capture.amount_minor > self.remaining_minor:
            return CaptureExceedsHold(facts={"remaining_minor": self.remaining_minor})
        return None

    def frees(self, capture: Capture) -> int:
        """How much of the account is no longer reserved once the capture is taken."""
        if capture.final:
            return self.reserved_minor
        return capture.amount_minor + self.fee_of(capture.amount_minor)

    def take(self, capture: Capture) -> None:
        """Take the capture out; a hold that has nothing left has ended."""
        self.captured_minor += capture.amount_minor
        self.changed = True
        if capture.final:
            self.released_minor += self.remaining_minor
        if not self.remaining_minor:
            self.state = HoldState.CAPTURED


def tell_expired(holds: Sequence[HoldStanding], *, now: dt.datetime) -> None:
    """Record `ledger.hold.expire` and emit `ledger.hold.expired` for each."""
    acts, facts = [], []
    for hold in holds:
        told: dict[str, object] = {
            "hold_id": str(hold.id),
            "account_id": str(hold.account_id),
            "currency": hold.currency,
            "amount_minor": hold.amount_minor,
            "captured_minor": hold.captured_minor,
            "released_minor": hold.released_minor,
            "fee_minor": hold.fee_minor,
            "fee_captured_minor": hold.fee_captured_minor,
        }
        acts.append(
            Act(
                actor=_PROGRAM,
                action="ledger.hold.expire",
                subject_type="hold",
                subject_id=hold.id,
                now=now,
                organization_id=hold.organization_id,
                metadata=told,
            )
        )
        facts.append(
            Fact(
                name="ledger.hold.expired",
                organization_id=hold.organization_id,
                subject_id=hold.id,
                payload=told,
                actor=_PROGRAM,
                now=now,
            )
        )
    record_many(acts)
    emit_many(facts)


class Holds:
    """The holds that matter to one batch."""

    def __init__(self, found: Iterable[HoldStanding], *, now: dt.datetime) -> None:
        self._holds = {hold.id: hold for hold in found}
        self._now = now

    def get(self, hold_id: uuid.UUID) -> HoldStanding:
        """One of them, by its id."""
        return self._holds[hold_id]

    def overdue(self) -> list[HoldStanding]:
        """Those whose time ran out while they were open."""
        return [
            hold
            for hold in self._holds.values()
            if hold.state == HoldState.OPEN and hold.expires_at <= self._now
        ]

    def wanted(self, capture: Capture) -> HoldStanding | PostingRefused:
        """The hold a capture names, or why there is none to take from."""
        hold = self._holds.get(capture.hold_id)
        if hold is None or hold.account_id != capture.account_id:
            return HoldNotFound()
        return hold.refusal(capture) or hold

    def write(self) -> None:
        """Keep what changed, in one statement; the accounts' held amounts follow by trigger."""
        rows = [
            (
                hold.id,
                hold.captured_minor,
                hold.released_minor,
                hold.state,
                hold.ended_at(self._now),
            )
            for hold in self._holds.values()
            if hold.changed
        ]
        if not rows:
            return
        for hold in self._holds.values():
            hold.changed = False
        arrays = [
            array_literal(kind=kind, values=column)
            for kind, column in zip(_COLUMNS.values(), zip(*rows, strict=True), strict=True)
        ]
        with connection.cursor() as cursor:
            cursor.execute(_UPDATE, arrays)


def holds_of(
    *,
    captured: Collection[uuid.UUID],
    reserved_accounts: Collection[uuid.UUID],
    now: dt.datetime,
    locking: bool = True,
) -> Holds:
    """The holds to be captured and those overdue on these accounts, locked by ascending id.

    No statement where nothing is captured and no account reserves anything.
    """
    if not captured and not reserved_accounts:
        return Holds((), now=now)
    statement = f"{_HOLDS} FOR NO KEY UPDATE" if locking else _HOLDS
    with connection.cursor() as cursor:
        cursor.execute(statement, [sorted(captured), sorted(reserved_accounts), now])
        return Holds((HoldStanding(*row) for row in cursor.fetchall()), now=now)
