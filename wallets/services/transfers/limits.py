"""Limits of spending, judged in the posting transaction under the lock of the wallet's account.

What a wallet paid out in the running day and month stands in one row. It needs no lock of its own:
whoever would change it holds the lock of the wallet's account, so two payments can never both see
the last free rupee.

A tier says what a person may spend, so it is judged by the sum of all their wallets' rows in the
currency. Those other wallets' accounts are not locked; whom a rule of a tier limits is locked by
themselves, after the accounts, in the order of the keys.
"""

from __future__ import annotations

import collections
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
# In this order for everybody, and after all accounts: two batches never wait for each other.
_LOCK_PEOPLE = (
    "SELECT pg_advisory_xact_lock(key) FROM (SELECT DISTINCT hashtextextended(name, 0) AS key"
    " FROM unnest(%s::text[]) AS names (name) ORDER BY key) AS ordered"
)
_USAGE_OF_PEOPLE = (
    "SELECT u.wallet_id, u.day, u.day_minor, u.month, u.month_minor, w.owner_id, w.currency_id"
    " FROM wallets_spendingusage u JOIN wallets_wallet w ON w.id = u.wallet_id"
    " WHERE u.wallet_id = ANY (%s::uuid[]"
    " || ARRAY(SELECT id FROM wallets_wallet WHERE owner_id = ANY (%s::uuid[])))"
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
_SPENDING = (
    TransferKind.TRANSFER,
    TransferKind.CAPTURE,
    TransferKind.WITHDRAWAL,
    TransferKind.PAYOUT,
)


# A wallet's holder, and the currency of what they spend.
Person = tuple[uuid.UUID, str]


@dataclasses.dataclass(frozen=True, slots=True)
class Spending:
    """What one movement adds to a wallet's windows; negative for a reversal.

    :param person: the wallet's holder, and its currency.
    :param limits: of the wallet.
    :param of_tier: of the holder, from all their wallets together.
    :param day: in the organization's time zone.
    """

    wallet_id: uuid.UUID
    organization_id: uuid.UUID
    person: Person
    limits: Limits
    of_tier: Limits | None
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

    def exceeded(self, limits: Limits, amount_minor: int) -> PostingRefused | None:
        """Why the limits do not allow this much more: the day is looked at before the month."""
        day, month = limits.day_minor, limits.month_minor
        if day is not None and self.day_minor + amount_minor > day:
            return DailyLimitExceeded(facts={"limit_minor": day, "used_minor": self.day_minor})
        if month is not None and self.month_minor + amount_minor > month:
            return MonthlyLimitExceeded(
                facts={"limit_minor": month, "used_minor": self.month_minor}
            )
        return None

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
    if wallet is None or wallet.owner_id is None or not (back or request.kind in _SPENDING):
        return None
    limits, of_tier = terms.limits_of(wallet), terms.tier_limits_of(wallet)
    if limits is None and of_tier is None:
        return None
    at = back.spent_at if back else request.now
    return Spending(
        wallet.id,
        wallet.organization_id,
        (wallet.owner_id, wallet.currency),
        limits or Limits(None, None),
        of_tier,
        at.astimezone(ZoneInfo(wallet.organization_timezone)).date(),
        -request.amount_minor if back else request.amount_minor,
    )


class SpendingGuard:
    """Every payment stays within its wallet's limits, and its holder within those of their tier.

    Whatever else is paid at the same time.
    """

    def __init__(self, spendings: Mapping[bytes, Spending]) -> None:
        self._spendings = spendings
        self._usage: dict[uuid.UUID, Usage] = {}
        self._wallets: dict[Person, set[uuid.UUID]] = collections.defaultdict(set)
        self._asked: list[CursorWrapper] = []
        self._counted: dict[uuid.UUID, uuid.UUID] = {}

    def ask(self, movements: Sequence[Movement], *, locking: bool) -> None:
        """Ask for the running windows; the accounts' locks, if taken, keep them as they are.

        If `locking`, whom a tier's rule limits is locked first, in a statement of its own: only the
        next one sees what was committed while this one waited.
        """
        spent = [
            self._spendings[movement.reference]
            for movement in movements
            if movement.reference in self._spendings
        ]
        wanted = array_literal(kind="uuid", values={one.wallet_id for one in spent})
        people = {one.person for one in spent if one.of_tier and one.amount_minor > 0}
        if people and locking:
            names = {f"spending {owner} {currency}" for owner, currency in people}
            self._ask(_LOCK_PEOPLE, array_literal(kind="text", values=names))
        if people:
            owners = array_literal(kind="uuid", values={owner for owner, _ in people})
            self._ask(_USAGE_OF_PEOPLE, wanted, owners)
        elif spent:
            self._ask(_USAGE, wanted)

    def _ask(self, statement: str, *parameters: str) -> None:
        self._asked.append(connection.cursor())
        self._asked[-1].execute(statement, parameters)

    def learn(self) -> None:
        """Read the windows."""
        rows = []
        for cursor in self._asked:
            with cursor:
                rows = cursor.fetchall()
        for wallet_id, day, day_minor, month, month_minor, *person in rows:
            self._usage[wallet_id] = Usage(day, day_minor, month, month_minor)
            if person:
                self._wallets[person[0], person[1]].add(wallet_id)

    def refusal(self, movement: Movement) -> PostingRefused | None:
        """Why the limits do not allow it: the wallet's are looked at before the holder's."""
        spending = self._spendings.get(movement.reference)
        if spending is None or spending.amount_minor < 0:
            return None
        amount_minor = spending.amount_minor
        refusal = self._usage_for(spending).exceeded(spending.limits, amount_minor)
        if refusal is None and spending.of_tier:
            refusal = self._usage_by(spending).exceeded(spending.of_tier, amount_minor)
        return refusal

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
        self._wallets[spending.person].add(spending.wallet_id)
        if spending.amount_minor > 0:
            usage.roll_to(self._running_day(spending))
        return usage

    def _running_day(self, spending: Spending) -> dt.date:
        """Of a person with a tier's rule, all wallets count in the day that runs for one of them.

        Otherwise what was asked for just before midnight would count in no day with the rest.
        """
        wallets = self._wallets[spending.person] if spending.of_tier else ()
        return max([spending.day, *(self._usage[one].day for one in wallets)])

    def _usage_by(self, spending: Spending) -> Usage:
        """What the holder spent from all their wallets in the running windows."""
        usages = [self._usage[wallet_id] for wallet_id in self._wallets[spending.person]]
        day = self._running_day(spending)
        month = day.replace(day=1)
        return Usage(
            day,
            sum(usage.day_minor for usage in usages if usage.day == day),
            month,
            sum(usage.month_minor for usage in usages if usage.month == month),
        )
