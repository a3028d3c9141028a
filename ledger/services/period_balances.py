"""What every account held at both ends of a period, and what was turned over in between."""

from __future__ import annotations

from django.db import connection

from kernel.errors import InvariantBroken
from kernel.transactions import needs_transaction
from ledger.models import Period
from ledger.queries.periods import totals_of_period

# So many entries of an account are read at once faster than the first of the period is found.
FEW_ENTRIES = 16

# An account's entries dated into the period are recorded after its beginning: the versions before
# that are not looked at. Where they end is bisected for all accounts in one statement, because row
# security asks for the view once a statement; accounts without an entry since are left out, and of
# short ones all entries are read. The closing before is looked up account by account (OFFSET 0):
# statistics that know nothing of that period yet made the planner compare every account with every
# balance, 266 seconds instead of one.
_BALANCES = """
    WITH RECURSIVE bisection (account_id, low, high) AS (
        SELECT a.id, 0::bigint,
               CASE WHEN %(starts)s::timestamptz = '-infinity' OR a.version <= %(few)s THEN 0
                    ELSE a.version END
        FROM ledger_ledgeraccount a
        WHERE a.organization_id = %(organization)s AND a.last_recorded_at >= %(starts)s
        UNION ALL
        SELECT half.account_id, CASE WHEN probe.before THEN half.middle ELSE half.low END,
               CASE WHEN probe.before THEN half.high ELSE half.middle - 1 END
        FROM (SELECT account_id, low, high, (low + high + 1) / 2 AS middle
              FROM bisection WHERE low < high OFFSET 0) half,
             LATERAL (SELECT e.recorded_at < %(starts)s AS before FROM ledger_entry e
                      WHERE e.account_id = half.account_id AND e.version = half.middle
                      OFFSET 0) probe
    ), turnover AS (
        SELECT f.account_id, t.debit, t.credit
        FROM bisection f
        CROSS JOIN LATERAL (
            SELECT sum(e.amount_minor) FILTER (WHERE e.side = 'DEBIT') AS debit,
                   sum(e.amount_minor) FILTER (WHERE e.side = 'CREDIT') AS credit
            FROM ledger_entry e
            WHERE e.account_id = f.account_id AND e.version > f.low
              AND e.effective_at >= %(starts)s AND e.effective_at < %(ends)s
        ) t
        WHERE f.low = f.high
    )
    INSERT INTO ledger_periodbalance
        (period_id, organization_id, account_id, opening_minor, debit_minor, credit_minor,
         closing_minor)
    SELECT %(period)s, a.organization_id, a.id, o.minor, o.debit, o.credit,
           o.minor + CASE WHEN a.account_class IN ('ASSET', 'EXPENSE')
                          THEN o.debit - o.credit ELSE o.credit - o.debit END
    FROM ledger_ledgeraccount a
    LEFT JOIN LATERAL (
        SELECT closing_minor FROM ledger_periodbalance
        WHERE period_id = %(previous)s AND account_id = a.id OFFSET 0
    ) b ON true
    LEFT JOIN turnover t ON t.account_id = a.id
    CROSS JOIN LATERAL (
        SELECT coalesce(b.closing_minor, 0) AS minor, coalesce(t.debit, 0) AS debit,
               coalesce(t.credit, 0) AS credit
    ) o
    WHERE a.organization_id = %(organization)s
"""


@needs_transaction
def keep_balances(*, period: Period, previous: Period | None) -> None:
    """Keep a `PeriodBalance` for every account of the books, in one statement.

    The caller has locked the books.

    :param previous: the period before, whose closings are the openings of this one.
    :raises InvariantBroken: if debits and credits of a currency differ.
    """
    values = {
        "period": period.id,
        "previous": previous.id if previous else None,
        "organization": period.organization_id,
        "starts": period.starts_at or "-infinity",
        "ends": period.ends_at,
        "few": FEW_ENTRIES,
    }
    with connection.cursor() as cursor:
        cursor.execute(_BALANCES, values)
    unbalanced = [total for total in totals_of_period(period.id) if not total.balanced]
    if unbalanced:
        raise InvariantBroken(
            f"period {period.id} cannot close: {len(unbalanced)} currencies are out of balance"
        )
