"""The pass over what wallets have spent in their running day and month."""

from __future__ import annotations

from ledger.checker import Pass
from ledger.checker.organizations import ZONES
from ledger.checker.passes import of

# Usage is kept from the migration that brought limits, so what was recorded before it is not
# missed. A request from before midnight counts in the day that runs when it is posted, so the
# windows may hold a little more than what was asked for in them, and never less. The day
# that runs is that of the last payment: an older or a later one would hide what was spent. Where a
# tier limits the holder, it is the day that runs for one of their wallets in the currency: what was
# asked for before midnight from another counts in it as well.
USAGE = Pass(
    name="limits",
    claim="usage of limits misses nothing that was spent in the running day and month",
    query=f"""
        SELECT w.organization_id, 'wallet' AS subject, w.id::text AS subject_id,
               CASE WHEN u.wallet_id IS NULL AND w.owner_id IS NOT NULL AND s.since_minor > 0
                        THEN 'usage_is_kept'
                    WHEN u.month <> date_trunc('month', u.day)::date THEN 'usage_month_of_day'
                    WHEN u.day_minor < 0 OR u.month_minor < 0 THEN 'usage_not_negative'
                    WHEN u.day < s.last_day OR u.day > s.last_day_of_holder THEN 'usage_window_runs'
                    WHEN u.day_minor < coalesce(s.day_minor, 0)
                      OR u.month_minor < coalesce(s.month_minor, 0) THEN 'usage_misses_nothing'
                    WHEN u.day_minor > coalesce(s.ever_minor, 0)
                      OR u.month_minor > coalesce(s.ever_minor, 0) THEN 'usage_was_spent'
               END AS rule,
               jsonb_build_object('day', u.day, 'last_day', s.last_day_ever,
                                  'day_minor', u.day_minor,
                                  'spent_in_day_minor', coalesce(s.day_minor, 0),
                                  'month_minor', u.month_minor,
                                  'spent_in_month_minor', coalesce(s.month_minor, 0),
                                  'spent_ever_minor', coalesce(s.ever_minor, 0)) AS facts
        FROM wallets_wallet w
        LEFT JOIN wallets_spendingusage u ON u.wallet_id = w.id
        LEFT JOIN (
            SELECT t.source_id AS wallet_id,
                   max(max(t.local_day)) OVER (
                       PARTITION BY t.organization_id, t.owner_id, t.held_in
                   ) AS last_day_of_holder,
                   sum(t.amount_minor) AS ever_minor,
                   sum(t.amount_minor) FILTER (
                       WHERE t.completed_at >= t.applied AND t.completed_at >= t.limited_at
                   ) AS since_minor,
                   max(t.local_day) FILTER (WHERE t.completed_at >= t.applied) AS last_day,
                   max(t.local_day) AS last_day_ever,
                   sum(t.amount_minor - coalesce(r.amount_minor, 0)) FILTER (
                       WHERE t.local_day = t.day AND t.completed_at >= t.applied) AS day_minor,
                   sum(t.amount_minor - coalesce(r.amount_minor, 0)) FILTER (
                       WHERE date_trunc('month', t.local_day) = t.month
                         AND t.completed_at >= t.applied) AS month_minor
            FROM (
                -- A payout is spent when it is asked for, and given back if no bank paid it.
                SELECT w.id, w.source_id, w.organization_id,
                       coalesce(w.completed_at, w.created_at) AS completed_at,
                       CASE w.state WHEN 'FAILED' THEN 0 ELSE w.amount_minor END AS amount_minor,
                       p.owner_id, p.currency_id AS held_in,
                       u.day, u.month, m.applied, l.limited_at,
                       (w.created_at AT TIME ZONE z.zone)::date AS local_day
                FROM wallets_transfer w
                JOIN wallets_wallet p ON p.id = w.source_id
                JOIN {ZONES} z ON z.organization_id = p.organization_id
                LEFT JOIN wallets_spendingusage u ON u.wallet_id = p.id
                LEFT JOIN (
                    SELECT wallet_kind, currency_id, min(set_at) AS limited_at
                    FROM wallets_limitrule WHERE organization_id IS NULL
                    GROUP BY wallet_kind, currency_id
                ) l ON l.wallet_kind = p.kind AND l.currency_id = p.currency_id
                CROSS JOIN (SELECT max(applied) AS applied FROM django_migrations
                            WHERE app = 'wallets' AND name LIKE '0004%%') m
                WHERE w.state = 'COMPLETED' AND w.kind IN ('transfer', 'capture', 'withdrawal')
                   OR w.kind = 'payout' AND w.hold_id IS NOT NULL
            ) t
            LEFT JOIN (
                SELECT reverses_id, sum(amount_minor) AS amount_minor FROM wallets_transfer
                WHERE reverses_id IS NOT NULL AND state = 'COMPLETED' GROUP BY reverses_id
            ) r ON r.reverses_id = t.id
            GROUP BY t.source_id, t.organization_id, t.owner_id, t.held_in
        ) s ON s.wallet_id = w.id
        WHERE {of("w")}""",  # noqa: S608 - our constants
)

PASSES = (USAGE,)
