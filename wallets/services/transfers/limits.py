"""Limits of spending, judged in the posting transaction under the lock of the wallet's account.

What a wallet paid out in the running day and month stands in one row. It needs no lock of its own:
whoever would change it holds the lock of the wallet's account, so two payments can never both see
the last free rupee.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.backends.utils import CursorWrapper

from kernel.rows import array_literal, insert_rows
from ledger.errors import PostingRefused
from ledger.services.movements import Movement
from wallets.choices import TransferKind
from wallets.errors import DailyLimitExceeded, MonthlyLimitExceeded
from wallets.services.transfers.knowing import Limits, Terms
from wallets.services.transfers.planning import Draft

_USAGE = (
    "SELECT wallet_id, day, day_minor, month, month_minor FROM wallets_spendingusage"
    " WHERE wallet_id = ANY (%s::uuid[])"
)
_COLUMNS = {
    "wallet_id": "uuid",
    "organization_id": "uuid",
    "day": "date",
    "day_minor": "bigint",
    "month": "date",
    "month_minor": "bigint",
}
_REWRITE = (
    "ON CONFLICT (wallet_id) DO UPDATE SET day = excluded.day, day_minor = excluded.day_minor,"
    " month = excluded.month, month_minor = excluded.month_minor"
)
_SPENDING = (TransferKind.TRANSFER, TransferKind.CAPTURE, TransferKind.WITHDRAWAL)


@dataclasses.dataclass(frozen=True, slots=True)
class Spending:
    """What one movement adds to a wallet's windows; negative for a reversal.

    :param day: in the organization's time zone.
    """

    wallet_id: uuid.UUID
    organization_id: uuid.UUID
    limits: Limits
    day: dt.date
    amount_minor: int


@dataclasses.dataclass(slots=True)
class Usage:
    """A wallet's running windows, in minor units."""

    day: dt.date
    day_minor: int
    month: dt.date
    month_minor: int

    def roll_to(self, day: dt.date) -> None:
        """Begin new windows. A request from before midnight counts in the day that runs now."""
        if day > self.day:
            self.day, self.day_minor = day, 0
        if day.replace(day=1) > self.month:
            self.month, self.month_minor = day.replace(day=1), 0

    def add(self, spending: Spending) -> None:
        """Count a payment, or give one back in the windows it was asked for in, if they run."""
        amount_minor = spending.amount_minor
        if amount_minor > 0 or spending.day == self.day:
            self.day_minor = max(0, self.day_minor + amount_minor)
        if amount_minor > 0 or spending.day.replace(day=1) == self.month:
            self.month_minor = max(0, self.month_minor + amount_minor)


def spendings(drafts: Sequence[Draft], terms: Terms) -> dict[bytes, Spending]:
    """What each movement spends, by its reference; movements without limits are missing."""
    found = {draft.request.reference: _spending(draft, terms) for draft in drafts}
    return {reference: spending for reference, spending in found.items() if spending}


def _spending(draft: Draft, terms: Terms) -> Spending | None:
    request = draft.request
    back = request.reversal
    wallet = draft.destination if back else draft.source
    if wallet is None or not (back or request.kind in _SPENDING):
        return None
    limits = terms.limits_of(wallet)
    if limits is None:
        return None
    at = back.spent_at if back else request.now
    return Spending(
        wallet.id,
        wallet.organization_id,
        limits,
        at.astimezone(ZoneInfo(wallet.organization_timezone)).date(),
        -request.amount_minor if back else request.amount_minor,
    )


class SpendingGuard:
    """Every payment stays within its wallet's limits, whatever else is paid at the same time."""

    def __init__(self, spendings: Mapping[bytes, Spending]) -> None:
        self._spendings = spendings
        self._usage: dict[uuid.UUID, Usage] = {}
        self._asked: CursorWrapper | None = None
        self._counted: dict[uuid.UUID, uuid.UUID] = {}

    def ask(self, movements: Sequence[Movement], *, locking: bool) -> None:
        """Ask for the running windows; the accounts' locks, if taken, keep them as they are."""
        wanted = {
            self._spendings[movement.reference].wallet_id
            for movement in movements
            if movement.reference in self._spendings
        }
        if wanted:
            self._asked = connection.cursor()
            self._asked.execute(_USAGE, [array_literal(kind="uuid", values=wanted)])

    def learn(self) -> None:
        """Read the windows."""
        if self._asked is not None:
            with self._asked as cursor:
                self._usage = {row[0]: Usage(*row[1:]) for row in cursor.fetchall()}

    def refusal(self, movement: Movement) -> PostingRefused | None:
        """Why the limits do not allow it: the day is looked at before the month."""
        spending = self._spendings.get(movement.reference)
        if spending is None or spending.amount_minor < 0:
            return None
        usage, limits = self._usage_for(spending), spending.limits
        day, month = limits.day_minor, limits.month_minor
        if day is not None and usage.day_minor + spending.amount_minor > day:
            return DailyLimitExceeded(facts={"limit_minor": day, "used_minor": usage.day_minor})
        if month is not None and usage.month_minor + spending.amount_minor > month:
            return MonthlyLimitExceeded(
                facts={"limit_minor": month, "used_minor": usage.month_minor}
            )
        return None

    def accept(self, movement: Movement) -> None:
        """Count it."""
        spending = self._spendings.get(movement.reference)
        if spending is None:
            return
        if spending.amount_minor < 0 and spending.wallet_id not in self._usage:
            return
        self._usage_for(spending).add(spending)
        self._counted[spending.wallet_id] = spending.organization_id

    def usage_of(self, movement: Movement) -> Usage | None:
        """The windows that a movement counts in, as they stand after those accepted so far."""
        spending = self._spendings.get(movement.reference)
        return self._usage.get(spending.wallet_id) if spending else None

    def write(self) -> None:
        """Keep the windows that changed, in one statement."""
        rows = [
            (wallet_id, organization_id, usage.day, usage.day_minor, usage.month, usage.month_minor)
            for wallet_id, organization_id in sorted(self._counted.items())
            for usage in (self._usage[wallet_id],)
        ]
        insert_rows(
            table="wallets_spendingusage", columns=_COLUMNS, rows=rows, on_conflict=_REWRITE
        )

    def _usage_for(self, spending: Spending) -> Usage:
        month = spending.day.replace(day=1)
        usage = self._usage.setdefault(spending.wallet_id, Usage(spending.day, 0, month, 0))
        if spending.amount_minor > 0:
            usage.roll_to(spending.day)
        return usage
