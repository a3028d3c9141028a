"""Passes over transactions and entries: the sums, the chains, and that nothing is missing."""

from __future__ import annotations

from typing import LiteralString

from ledger.checker.passes import ENTRIES, IN_ORDER, Pass, of

SIGNED: LiteralString = "CASE e.side WHEN 'DEBIT' THEN e.amount_minor ELSE -e.amount_minor END"
# Positive on the account's normal side, as balances are.
CHANGE: LiteralString = (
    "CASE WHEN (e.side = 'DEBIT') = (a.account_class IN ('ASSET', 'EXPENSE'))"
    " THEN e.amount_minor ELSE -e.amount_minor END"
)

SUMS = Pass(
    name="sums",
    claim="each organization's books sum to zero in each currency, by entries and by balances",
    expected_when=ENTRIES,
    query=f"""
        SELECT organization_id, 'organization' AS subject, organization_id::text AS subject_id,
               CASE WHEN entries_off <> 0 THEN 'entries_sum_to_zero'
                    WHEN accounts_off <> 0 THEN 'balances_sum_to_zero' END AS rule,
               jsonb_build_object('currency', currency_id, 'entries_off_minor', entries_off,
                                  'balances_off_minor', accounts_off) AS facts
        FROM (
            SELECT e.organization_id, e.currency_id, sum({SIGNED}) AS entries_off
            FROM ledger_entry e WHERE {of("e")} GROUP BY e.organization_id, e.currency_id
        ) by_entries
        FULL JOIN (
            SELECT a.organization_id, a.currency_id,
                   sum(CASE WHEN a.account_class IN ('ASSET', 'EXPENSE')
                       THEN a.posted_minor ELSE -a.posted_minor END) AS accounts_off
            FROM ledger_ledgeraccount a WHERE {of("a")} GROUP BY a.organization_id, a.currency_id
        ) by_accounts USING (organization_id, currency_id)""",  # noqa: S608 - our constants
)

TRANSACTIONS = Pass(
    name="transactions",
    claim="each transaction has all its entries, and they balance in each currency",
    expected_when=ENTRIES,
    planned_with=IN_ORDER,
    query=f"""
        SELECT t.organization_id, 'transaction' AS subject, t.id::text AS subject_id,
               CASE WHEN e.transaction_id IS NULL THEN 'transaction_without_entries'
                    WHEN e.legs <> t.entry_count OR e.lowest <> 1 OR e.highest <> e.legs
                        THEN 'transaction_entry_count'
                    WHEN CASE WHEN e.first_currency = e.last_currency THEN e.off <> 0
                              ELSE EXISTS (
                                  SELECT FROM ledger_entry m WHERE m.transaction_id = t.id
                                  GROUP BY m.currency_id
                                  HAVING sum(CASE m.side WHEN 'DEBIT' THEN m.amount_minor
                                             ELSE -m.amount_minor END) <> 0)
                         END THEN 'transaction_balanced'
                    WHEN e.first_effective <> t.effective_at OR e.last_effective <> t.effective_at
                      OR e.first_recorded <> t.recorded_at OR e.last_recorded <> t.recorded_at
                        THEN 'transaction_times'
                    WHEN t.effective_at > t.recorded_at THEN 'transaction_effective_by_recorded'
               END AS rule,
               jsonb_build_object('kind', t.kind, 'entries', coalesce(e.legs, 0),
                                  'entry_count', t.entry_count, 'off_minor', e.off) AS facts
        FROM ledger_transaction t
        LEFT JOIN (
            SELECT e.transaction_id, count(*) AS legs, min(e.seq) AS lowest, max(e.seq) AS highest,
                   min(e.currency_id) AS first_currency, max(e.currency_id) AS last_currency,
                   min(e.effective_at) AS first_effective, max(e.effective_at) AS last_effective,
                   min(e.recorded_at) AS first_recorded, max(e.recorded_at) AS last_recorded,
                   sum({SIGNED}) AS off
            FROM ledger_entry e WHERE {of("e")} GROUP BY e.transaction_id
        ) e ON e.transaction_id = t.id
        WHERE {of("t")}""",  # noqa: S608 - our constants
)

BALANCES = Pass(
    name="balances",
    claim="each account's balance and version are the sum and the number of its entries",
    query=f"""
        SELECT a.organization_id, 'account' AS subject, a.id::text AS subject_id,
               CASE WHEN a.version <> coalesce(s.entries, 0) THEN 'account_version_is_count'
                    WHEN a.posted_minor <> coalesce(s.total, 0) THEN 'account_balance_is_sum'
                    WHEN a.last_recorded_at IS DISTINCT FROM s.last_recorded
                        THEN 'account_last_recorded' END AS rule,
               jsonb_build_object('code', a.code, 'currency', a.currency_id,
                                  'posted_minor', a.posted_minor, 'entries_minor', s.total,
                                  'version', a.version, 'entries', coalesce(s.entries, 0)) AS facts
        FROM ledger_ledgeraccount a
        LEFT JOIN (
            SELECT a.id, e.entries, e.last_recorded,
                   CASE WHEN a.account_class IN ('ASSET', 'EXPENSE') THEN e.debits
                        ELSE -e.debits END AS total
            FROM (
                SELECT e.account_id, sum({SIGNED}) AS debits, count(*) AS entries,
                       max(e.recorded_at) AS last_recorded
                FROM ledger_entry e WHERE {of("e")} GROUP BY e.account_id
            ) e JOIN ledger_ledgeraccount a ON a.id = e.account_id
        ) s ON s.id = a.id
        WHERE {of("a")}""",  # noqa: S608 - our constants
)

VERSIONS = Pass(
    name="versions",
    claim="each entry continues the one before it: version, resulting balance and time",
    expected_when=ENTRIES,
    query=f"""
        SELECT e.organization_id, 'entry' AS subject, e.id::text AS subject_id,
               CASE WHEN a.id IS NULL THEN 'entry_account_exists'
                    WHEN e.organization_id <> a.organization_id OR e.currency_id <> a.currency_id
                        THEN 'entry_account_identity'
                    WHEN p.version IS NULL AND e.version <> 1 THEN 'entry_version_contiguous'
                    WHEN e.balance_after_minor <> coalesce(p.balance_after_minor, 0) + {CHANGE}
                        THEN 'entry_balance_after'
                    WHEN e.recorded_at < p.recorded_at THEN 'entry_recorded_in_order'
               END AS rule,
               jsonb_build_object('account', e.account_id, 'version', e.version,
                                  'balance_after_minor', e.balance_after_minor,
                                  'balance_before_minor', p.balance_after_minor,
                                  'side', e.side, 'amount_minor', e.amount_minor) AS facts
        FROM ledger_entry e
        LEFT JOIN ledger_ledgeraccount a ON a.id = e.account_id
        LEFT JOIN ledger_entry p ON p.account_id = e.account_id AND p.version = e.version - 1
        WHERE {of("e")}""",  # noqa: S608 - our constants
)

PASSES = (SUMS, TRANSACTIONS, BALANCES, VERSIONS)
