"""What was told of customers' holds: one event and one record of the beginning, and of the end.

A hold that is captured ends with a transfer, which is told by itself. When a hold ended is not
compared: its time may have ended it long before somebody told.
"""

from __future__ import annotations

from typing import LiteralString

from ledger.checker.passes import of
from ledger.checker.told import FORGOTTEN_BEFORE

# What stands behind a hold: a customer's request, or a payout that waits for its bank.
BEHIND: LiteralString = """(
    SELECT hold_id, organization_id, currency_id, source_id, destination_id,
           counterparty_organization_id
    FROM wallets_wallethold
    UNION ALL
    SELECT hold_id, organization_id, currency_id, source_id, NULL, NULL
    FROM wallets_transfer WHERE kind = 'payout' AND hold_id IS NOT NULL)"""


def _wrong(since: LiteralString) -> LiteralString:
    """Which rule a hold and what was told of it break; NULL for none."""
    return f"""
               CASE WHEN h.state IS NULL THEN 'told_hold_exists'
                    WHEN h.placed_at < {since} THEN NULL
                    WHEN t.places IS DISTINCT FROM 1 THEN 'hold_told_once'
                    WHEN t.voids <> CASE h.state WHEN 'VOIDED' THEN 1 ELSE 0 END
                      OR t.expiries <> CASE h.state WHEN 'EXPIRED' THEN 1 ELSE 0 END
                        THEN 'hold_end_told_once'
                    WHEN (t.amount_minor, t.currency, t.expires_at, t.placed_at) IS DISTINCT FROM
                         (h.amount_minor, h.currency, h.expires_at, h.placed_at)
                        THEN 'hold_told_as_placed'
                    WHEN (t.source, t.destination) IS DISTINCT FROM (h.source, h.destination)
                        THEN 'hold_told_of_own_wallets'
                    WHEN h.state IN ('VOIDED', 'EXPIRED')
                     AND (t.captured_minor, t.released_minor)
                         IS DISTINCT FROM (h.captured_minor, h.released_minor)
                        THEN 'hold_told_as_ended' END"""


def _telling(
    *,
    table: LiteralString,
    name: LiteralString,
    told: LiteralString,
    at: LiteralString,
    since: LiteralString,
    words: tuple[LiteralString, LiteralString, LiteralString],
) -> LiteralString:
    """One row for each hold or thing told of one.

    :param since: what was told of holds that were placed before is kept no longer.
    :param words: what is said of holds that are placed, voided and expired.
    """
    place, void, expire = words
    wrong = _wrong(since)
    return f"""
        SELECT organization_id, 'hold', id::text,
               {wrong},
               jsonb_build_object(
                   'told_by', '{table}', 'state', h.state, 'places', t.places, 'voids', t.voids,
                   'expiries', t.expiries, 'amount_minor', h.amount_minor,
                   'told_minor', t.amount_minor, 'expires_at', h.expires_at,
                   'told_expires_at', t.expires_at, 'released_minor', h.released_minor,
                   'told_released_minor', t.released_minor)
        FROM (
            SELECT h.id, h.organization_id, h.state, h.amount_minor, h.currency_id AS currency,
                   h.captured_minor, h.released_minor, h.placed_at, h.expires_at,
                   w.source_id::text AS source,
                   CASE WHEN w.counterparty_organization_id IS NULL THEN w.destination_id::text
                   END AS destination
            FROM ledger_hold h LEFT JOIN {BEHIND} w ON w.hold_id = h.id
            WHERE {of("h")}
        ) h
        FULL JOIN (
            SELECT t.subject_id AS id, t.organization_id,
                   count(*) FILTER (WHERE t.{name} = '{place}') AS places,
                   count(*) FILTER (WHERE t.{name} = '{void}') AS voids,
                   count(*) FILTER (WHERE t.{name} = '{expire}') AS expiries,
                   min((t.{told} ->> 'amount_minor')::bigint) AS amount_minor,
                   min(t.{told} ->> 'currency') AS currency,
                   min((t.{told} ->> 'expires_at')::timestamptz)
                       FILTER (WHERE t.{name} = '{place}') AS expires_at,
                   min(t.{at}) FILTER (WHERE t.{name} = '{place}') AS placed_at,
                   min(t.{told} ->> 'source_wallet_id') AS source,
                   min(t.{told} ->> 'destination_wallet_id') AS destination,
                   min((t.{told} ->> 'captured_minor')::bigint)
                       FILTER (WHERE t.{name} <> '{place}') AS captured_minor,
                   min((t.{told} ->> 'released_minor')::bigint)
                       FILTER (WHERE t.{name} <> '{place}') AS released_minor
            FROM {table} t
            WHERE t.{name} IN ('{place}', '{void}', '{expire}') AND {of("t")}
            GROUP BY t.subject_id, t.organization_id
        ) t USING (id, organization_id)"""  # noqa: S608 - our constants


EVENTS = _telling(
    table="events_outboxevent",
    name="name",
    told="payload",
    at="occurred_at",
    since=FORGOTTEN_BEFORE,
    words=("wallets.hold.placed", "wallets.hold.voided", "ledger.hold.expired"),
)
RECORDS = _telling(
    table="audit_auditrecord",
    name="action",
    told="metadata",
    at="at",
    since="'-infinity'",
    words=("wallets.hold.place", "wallets.hold.void", "ledger.hold.expire"),
)
