"""What may go out without a second person, judged in the posting transaction.

What one person sent, and one wallet paid, in the last 24 hours counts against the organization's
threshold, so nothing is gained by paying in parts, from several wallets or with a key of one's own.
Hours are counted whole: the window is up to an hour longer than a day, never shorter. What a second
person agreed to is not counted, and what is given back is not given back here.

A wallet's sum would be safe under its account's lock; a person's is not, for a person pays from
several wallets. So both rows are locked, after the accounts and in one order.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence

from django.db import connection
from django.db.backends.utils import CursorWrapper

from accounts.queries import people_behind
from kernel.actor import ActorKind
from kernel.ids import new_id
from kernel.rows import array_literal, insert_rows
from ledger.errors import PostingRefused
from ledger.services.movements import Movement
from wallets.choices import TransferKind
from wallets.directory import Listed
from wallets.errors import DualControlRequired
from wallets.services.transfers.knowing import Terms, Threshold
from wallets.services.transfers.planning import Draft

HOURS = 25  # the running one, and as many as 24 hours can touch
_SPENDING = (
    TransferKind.TRANSFER,
    TransferKind.CAPTURE,
    TransferKind.REVERSAL,
    TransferKind.PAYOUT,
)
_HOUR = dt.timedelta(hours=1)

_COLUMNS = {
    "id": "uuid",
    "organization_id": "uuid",
    "subject_id": "uuid",
    "currency_id": "text",
    "hour": "timestamptz",
    "hours": "jsonb",
}
_CONFLICT = "ON CONFLICT (organization_id, subject_id, currency_id) DO UPDATE SET"
# A subject's first payment finds no row to lock: two at once would both see nothing. An upsert
# makes them meet, and gives what the other has committed.
_HELD = (
    "INSERT INTO wallets_uncheckedsum AS known"  # noqa: S608 - of constants
    " (id, organization_id, subject_id, currency_id, hour, hours)"
    " SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::timestamptz[],"
    " %s::jsonb[]) AS r (id, organization_id, subject_id, currency_id, hour, hours)"
    f" ORDER BY 2, 3, 4 {_CONFLICT} hour = known.hour"
    " RETURNING organization_id, subject_id, currency_id, hour, hours"
)
_SEEN = (
    "SELECT organization_id, subject_id, currency_id, hour, hours FROM wallets_uncheckedsum"
    " WHERE organization_id = ANY (%s::uuid[]) AND subject_id = ANY (%s::uuid[])"
)

Subject = tuple[uuid.UUID, uuid.UUID, str]


@dataclasses.dataclass(frozen=True, slots=True)
class Counted:
    """One payment that a threshold speaks of, and whose sums it adds to."""

    subjects: tuple[Subject, ...]
    threshold: Threshold
    amount_minor: int
    hour: dt.datetime


@dataclasses.dataclass(slots=True)
class Sum:
    """A subject's hours, the newest first, in minor units."""

    hour: dt.datetime
    hours: list[int]

    def roll_to(self, hour: dt.datetime) -> None:
        """Begin new hours. A payment asked for in an hour that is over counts in the newest."""
        passed = min(max(0, (hour - self.hour) // _HOUR), HOURS)
        if passed:
            self.hours = [*([0] * passed), *self.hours][:HOURS]
            self.hour = hour

    @property
    def total_minor(self) -> int:
        return sum(self.hours)


def counted(drafts: Sequence[Draft], terms: Terms) -> dict[bytes, Counted]:
    """The payments that thresholds speak of, by reference. No query where there is no threshold.

    Money that stays with its holder is no payment.
    """
    if not terms.thresholds:
        return {}
    found = [
        (draft, threshold)
        for draft in drafts
        if (threshold := _threshold(draft, terms)) is not None
    ]
    people = people_behind([draft.request.actor for draft, _ in found])
    return {
        draft.request.reference: _counted(draft, threshold, people) for draft, threshold in found
    }


def _threshold(draft: Draft, terms: Terms) -> Threshold | None:
    request, source, destination = draft.request, draft.source, draft.destination
    if request.kind not in _SPENDING or request.consent or source is None:
        return None
    if request.kind != TransferKind.PAYOUT and (destination is None or _stays(source, destination)):
        return None
    threshold = terms.thresholds.get((source.organization_id, source.currency))
    by_key = request.actor.kind is ActorKind.API_KEY
    # What staff move takes a second person whatever the amount, and keeps no sums: `StaffGuard`.
    if request.actor.kind is ActorKind.SYSTEM or request.actor.is_platform or threshold is None:
        return None
    return None if by_key and not threshold.counts_keys else threshold


def _stays(source: Listed, destination: Listed) -> bool:
    same_home = source.organization_id == destination.organization_id
    return same_home and source.owner_id == destination.owner_id


def _counted(draft: Draft, threshold: Threshold, people: Mapping[str, uuid.UUID]) -> Counted:
    source, request = draft.source, draft.request
    assert source is not None  # _threshold
    home, currency = source.organization_id, source.currency
    person = people[request.actor.principal]
    return Counted(
        subjects=((home, person, currency), (home, source.id, currency)),
        threshold=threshold,
        amount_minor=request.amount_minor,
        hour=request.now.replace(minute=0, second=0, microsecond=0),
    )


class DualControlGuard:
    """What passes the threshold does not go out on one person's word."""

    def __init__(self, counted: Mapping[bytes, Counted]) -> None:
        self._counted = counted
        self._sums: dict[Subject, Sum] = {}
        self._added: set[Subject] = set()
        self._asked: CursorWrapper | None = None

    def ask(self, movements: Sequence[Movement], *, locking: bool) -> None:
        """Ask for the sums, under locks of their rows if `locking`."""
        wanted = {
            subject: one.hour
            for movement in movements
            if (one := self._counted.get(movement.reference))
            for subject in one.subjects
        }
        if not wanted:
            return
        self._asked = connection.cursor()
        if locking:
            self._asked.execute(_HELD, _as_rows(wanted))
            return
        homes, subjects = {one[0] for one in wanted}, {one[1] for one in wanted}
        self._asked.execute(
            _SEEN,
            [array_literal(kind="uuid", values=homes), array_literal(kind="uuid", values=subjects)],
        )

    def learn(self) -> None:
        """Read the sums."""
        if self._asked is not None:
            with self._asked as cursor:
                self._sums = {
                    (row[0], row[1], row[2]): Sum(row[3], _listed(row[4]))
                    for row in cursor.fetchall()
                }

    def refusal(self, movement: Movement) -> PostingRefused | None:
        """Whether it would pass the threshold of its sender, or of its wallet."""
        one = self._counted.get(movement.reference)
        if one is None:
            return None
        unchecked = max(self._sum(subject, one).total_minor for subject in one.subjects)
        threshold_minor = one.threshold.threshold_minor
        if unchecked + one.amount_minor <= threshold_minor:
            return None
        return DualControlRequired(
            facts={"threshold_minor": threshold_minor, "unchecked_minor": unchecked}
        )

    def accept(self, movement: Movement) -> None:
        """Count it."""
        one = self._counted.get(movement.reference)
        if one is None:
            return
        for subject in one.subjects:
            self._sum(subject, one).hours[0] += one.amount_minor
            self._added.add(subject)

    def write(self) -> None:
        """Keep the sums that changed, in one statement."""
        rows = [
            (new_id(), *subject, self._sums[subject].hour, self._sums[subject].hours)
            for subject in sorted(self._added)
        ]
        insert_rows(
            table="wallets_uncheckedsum",
            columns=_COLUMNS,
            rows=rows,
            on_conflict=f"{_CONFLICT} hour = excluded.hour, hours = excluded.hours",
        )

    def _sum(self, subject: Subject, one: Counted) -> Sum:
        found = self._sums.setdefault(subject, Sum(one.hour, [0] * HOURS))
        found.roll_to(one.hour)
        return found


def _as_rows(wanted: Mapping[Subject, dt.datetime]) -> list[str]:
    subjects = sorted(wanted)
    empty: list[int] = [0] * HOURS
    return [
        array_literal(kind="uuid", values=[new_id() for _ in subjects]),
        array_literal(kind="uuid", values=[one[0] for one in subjects]),
        array_literal(kind="uuid", values=[one[1] for one in subjects]),
        array_literal(kind="text", values=[one[2] for one in subjects]),
        array_literal(kind="timestamptz", values=[wanted[one] for one in subjects]),
        array_literal(kind="jsonb", values=[empty for _ in subjects]),
    ]


def _listed(value: object) -> list[int]:
    """The hours as the driver gives them: PostgreSQL's text, or read already."""
    found = json.loads(value) if isinstance(value, str) else value
    assert isinstance(found, list)
    return found
