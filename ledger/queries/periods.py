"""Periods and what stood in the books at their ends."""

from __future__ import annotations

import dataclasses
import uuid
from collections import Counter
from collections.abc import Iterable

from django.db import connection
from django.db.models import Case, F, QuerySet, Sum, Value, When

from kernel.errors import InvariantBroken, NotFound
from ledger.choices import PeriodState, Side
from ledger.models import Period, PeriodBalance
from ledger.policy import normal_side
from ledger.proofs import proof_of

# Written out by the database: to fetch every row only to print it took eight times as long.
_LINES = """
    SELECT coalesce(string_agg(concat_ws(' ', a.id, a.currency_id, a.account_class, b.closing_minor)
                               || E'\\n', '' ORDER BY a.id), '')
    FROM ledger_periodbalance b JOIN ledger_ledgeraccount a ON a.id = b.account_id
    WHERE b.period_id = %s
"""


@dataclasses.dataclass(frozen=True, slots=True)
class PeriodTotal:
    """The sums of one currency over a closed period, in minor units.

    `closing_debit_minor` and `closing_credit_minor` are the two sides of its trial balance.
    """

    currency: str
    exponent: int
    debit_minor: int
    credit_minor: int
    closing_debit_minor: int
    closing_credit_minor: int

    @property
    def balanced(self) -> bool:
        turnover = self.debit_minor == self.credit_minor
        return turnover and self.closing_debit_minor == self.closing_credit_minor


def periods() -> QuerySet[Period]:
    """Every visible period, newest first."""
    return Period.objects.order_by("-id")


def period_of(period_id: uuid.UUID) -> Period:
    """One visible period.

    :raises NotFound: if there is none, or none that may be seen.
    """
    found = periods().filter(id=period_id).first()
    if found is None:
        raise NotFound("There is no such period.")
    return found


def balances_of_period(period_id: uuid.UUID) -> QuerySet[PeriodBalance]:
    """What every account showed over a closed period, in chart order; nothing while it is open."""
    return (
        PeriodBalance.objects.filter(period_id=period_id)
        .select_related("account__currency")
        .order_by("account__currency", "account__code")
    )


def totals_of_period(period_id: uuid.UUID) -> list[PeriodTotal]:
    """The sums of a closed period, one row for each currency, added up by the database."""
    closing = F("closing_minor")
    rows = (
        PeriodBalance.objects.filter(period_id=period_id)
        .order_by("account__currency")
        .values("account__currency", "account__currency__exponent", "account__account_class")
        .annotate(
            debit=Sum("debit_minor"),
            credit=Sum("credit_minor"),
            above=Sum(Case(When(closing_minor__gt=0, then=closing), default=Value(0))),
            below=Sum(Case(When(closing_minor__lt=0, then=-closing), default=Value(0))),
        )
        .values_list(
            "account__currency",
            "account__currency__exponent",
            "account__account_class",
            "debit",
            "credit",
            "above",
            "below",
        )
    )
    return _totals(rows)


def _totals(rows: Iterable[tuple[str, int, str, int, int, int, int]]) -> list[PeriodTotal]:
    sums: dict[tuple[str, int], Counter[str]] = {}
    for currency, exponent, account_class, debit, credit, above, below in rows:
        own = sums.setdefault((currency, exponent), Counter())
        sides = (int(above), int(below))
        if normal_side(account_class) == Side.CREDIT:
            sides = sides[::-1]
        own.update(debit=int(debit), credit=int(credit), above=sides[0], below=sides[1])
    return [
        PeriodTotal(currency, exponent, own["debit"], own["credit"], own["above"], own["below"])
        for (currency, exponent), own in sums.items()
    ]


def proof_lines(period_id: uuid.UUID) -> str:
    """The lines of accounts that a closing proof covers, by ascending id of the account."""
    with connection.cursor() as cursor:
        cursor.execute(_LINES, [period_id])
        (lines,) = cursor.fetchone()
    return str(lines)


def proof_holds(period: Period) -> bool:
    """Whether a closed period's balances still hash to its closing proof.

    :raises InvariantBroken: if the period is open and so has no proof.
    """
    if period.state != PeriodState.CLOSED or period.closing_proof is None:
        raise InvariantBroken(f"period {period.id} is open and has no proof")
    computed = proof_of(
        organization_id=period.organization_id,
        moment=period.ends_at,
        lines=proof_lines(period.id),
    )
    return computed == bytes(period.closing_proof)
