"""The reference for the books: the same rows by one set-based statement in one backend.

Copies of the three tables with the same columns, indexes, checks and foreign keys, without
triggers and row security. One prepared statement draws the movements, locks the accounts in
order, inserts transactions and entries with running balances and versions, and moves the balances.
"""

from __future__ import annotations

import time

from bench.cluster import Cluster
from bench.loads import LARGEST_MINOR
from bench.tenants import World

_TABLES = """
CREATE SCHEMA reference;
CREATE TABLE reference.account (LIKE ledger_ledgeraccount INCLUDING ALL) WITH (fillfactor = 70);
CREATE TABLE reference.transaction (LIKE ledger_transaction INCLUDING ALL);
CREATE TABLE reference.entry (LIKE ledger_entry INCLUDING ALL);
ALTER TABLE reference.transaction
    ADD FOREIGN KEY (organization_id) REFERENCES accounts_organization;
ALTER TABLE reference.entry
    ADD FOREIGN KEY (transaction_id, organization_id)
        REFERENCES reference.transaction (id, organization_id),
    ADD FOREIGN KEY (account_id, organization_id, currency_id)
        REFERENCES reference.account (id, organization_id, currency_id);
INSERT INTO reference.account SELECT * FROM ledger_ledgeraccount WHERE kind = 'WALLET';
CREATE TABLE reference.pick AS
    SELECT dense_rank() OVER (ORDER BY organization_id)::int AS tenant,
           row_number() OVER (PARTITION BY organization_id ORDER BY id)::int AS number, id,
           organization_id
    FROM reference.account;
ALTER TABLE reference.pick ADD PRIMARY KEY (tenant, number);
ANALYZE reference.account;
ANALYZE reference.pick;
-- A strong reference: keys are looked up in indexes, whatever the planner thinks of small tables.
SET enable_seqscan = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
"""
_POST = """
WITH drawn AS MATERIALIZED (
    SELECT i, 1 + floor(random() * %(tenants)s)::int AS tenant,
           1 + floor(random() * %(wallets)s)::int AS payer,
           1 + floor(random() * (%(wallets)s - 1))::int AS receiver,
           1 + floor(random() * %(largest)s)::bigint AS amount
    FROM generate_series(1, %(batch)s) AS i
), movement AS MATERIALIZED (
    SELECT i, uuidv7() AS id, p.organization_id, p.id AS payer, r.id AS receiver, amount,
           sha256(uuid_send(uuidv4())) AS reference, clock_timestamp() AS at
    FROM drawn d
    JOIN reference.pick p ON (p.tenant, p.number) = (d.tenant, d.payer)
    JOIN reference.pick r ON r.tenant = d.tenant
        AND r.number = d.receiver + (d.receiver >= d.payer)::int
), leg AS MATERIALIZED (
    SELECT i, m.id AS transaction_id, organization_id, 1 AS seq, payer AS account_id,
           'DEBIT' AS side, amount, -amount AS change, at FROM movement m
    UNION ALL
    SELECT i, m.id, organization_id, 2, receiver, 'CREDIT', amount, amount, at FROM movement m
), locked AS MATERIALIZED (
    SELECT id, posted_minor, version, currency_id FROM reference.account
    WHERE id IN (SELECT account_id FROM leg) ORDER BY id FOR NO KEY UPDATE
), written AS (
    INSERT INTO reference.transaction (id, organization_id, kind, reference, entry_count,
        effective_at, recorded_at, description, metadata)
    SELECT id, organization_id, 'TRANSFER', reference, 2, at, at, '', '{}' FROM movement
), chained AS MATERIALIZED (
    SELECT leg.*, a.currency_id, a.posted_minor + sum(change) OVER chain AS balance,
           a.version + row_number() OVER chain AS version
    FROM leg JOIN locked a ON a.id = leg.account_id
    WINDOW chain AS (PARTITION BY account_id ORDER BY i)
), entered AS (
    INSERT INTO reference.entry (transaction_id, organization_id, seq, account_id, side,
        amount_minor, currency_id, balance_after_minor, version, effective_at, recorded_at)
    SELECT transaction_id, organization_id, seq, account_id, side, amount, currency_id, balance,
           version, at, at FROM chained
)
UPDATE reference.account a
SET posted_minor = l.balance, version = l.version, last_recorded_at = l.at
FROM (SELECT DISTINCT ON (account_id) account_id, balance, version, at
      FROM chained ORDER BY account_id, version DESC) l
WHERE a.id = l.account_id
"""


class SetBased:
    """One backend and its prepared statement."""

    def __init__(self, cluster: Cluster, world: World) -> None:
        self._connection = cluster.superuser()
        for statement in _TABLES.split(";\n"):
            if statement.strip():
                self._connection.execute(statement)
        self._sizes = {
            "tenants": len(world.tenants),
            "wallets": len(world.tenants[0].accounts),
            "largest": LARGEST_MINOR,
        }

    def run(self, *, batch: int, seconds: float) -> float:
        """Movements a second over a short run."""
        count = 0
        started = time.monotonic()
        while time.monotonic() - started < seconds:
            self._connection.execute(_POST, {**self._sizes, "batch": batch}, prepare=True)
            count += batch
        return count / (time.monotonic() - started)
