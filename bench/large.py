"""A copy of the world grown to very many accounts, and one account with as many entries.

Written set-based by the superuser with triggers off, in the order of the keys, with the balances,
versions and running balances that posting would have given: the books verify afterwards like
those that the product wrote. Each new wallet is opened with one deposit of two entries, ten seconds
after the one before it: the first 1,000 from one account of cash, all others from another one.
"""

from __future__ import annotations

import dataclasses
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import LiteralString

import psycopg

from bench.cluster import LARGE, Cluster
from bench.tenants import Large, Tenant, World
from bench.world import OPENING_MINOR
from kernel.clock import now
from kernel.ids import ALPHABET, new_id

SHORT_ENTRIES = 1_000
# When the deposit number n was made.
_WHEN: LiteralString = "%(at)s - (%(count)s - n) * interval '10 seconds'"

# The handles are the valid ones from zero on; those of the world are left out.
_NUMBERED: LiteralString = """
CREATE UNLOGGED TABLE bench_made AS
WITH numbered AS (
    SELECT n, n & 31 AS a, n >> 5 & 31 AS b, n >> 10 & 31 AS c, n >> 15 & 31 AS d, n >> 20 & 31 AS e
    FROM generate_series(1, %(count)s * 11 / 10 + 1000) AS n
), summed AS (
    SELECT *, 2 * a / 32 + 2 * a %% 32 + b + 2 * c / 32 + 2 * c %% 32 + d + 2 * e / 32
              + 2 * e %% 32 AS total
    FROM numbered
), named AS (
    SELECT n, 'VC-' || substr(%(alphabet)s, e + 1, 1) || substr(%(alphabet)s, d + 1, 1)
              || substr(%(alphabet)s, c + 1, 1) || substr(%(alphabet)s, b + 1, 1)
              || substr(%(alphabet)s, a + 1, 1)
              || substr(%(alphabet)s, 1 + (32 - total %% 32) %% 32, 1) AS handle
    FROM summed
)
SELECT row_number() OVER (ORDER BY n) AS n, handle, uuidv7() AS account, uuidv7() AS wallet,
       uuidv7() AS person, uuidv7() AS transaction
FROM named WHERE NOT EXISTS (SELECT FROM wallets_wallet w WHERE w.handle = named.handle)
LIMIT %(count)s
"""
_PEOPLE: LiteralString = """
INSERT INTO accounts_user (id, password, email, full_name, organization_id, role, is_active,
    created_at)
SELECT person, '!', 'large' || n || '@bench.test', 'Holder ' || n, %(organization)s, 'member',
       true, %(at)s
FROM bench_made
"""
_ACCOUNTS: LiteralString = f"""
INSERT INTO ledger_ledgeraccount (id, organization_id, kind, account_class, currency_id, code,
    name, status, floor_minor, created_at, posted_minor, version, last_recorded_at)
SELECT account, %(organization)s, 'WALLET', 'LIABILITY', 'INR', '2000-' || handle, 'Bench',
       'ACTIVE', 0, {_WHEN}, %(opening)s, 1, {_WHEN}
FROM bench_made
UNION ALL
SELECT CASE WHEN n > %(short_entries)s THEN %(long)s ELSE %(short)s END, %(organization)s,
       'GENERAL', 'ASSET', 'INR',
       CASE WHEN n > %(short_entries)s THEN '1001-LONG' ELSE '1002-SHORT' END,
       'Bench', 'ACTIVE', 0, min({_WHEN}), sum(%(opening)s), count(*), max({_WHEN})
FROM bench_made GROUP BY n > %(short_entries)s
"""  # noqa: S608 - of constants
_WALLETS: LiteralString = """
INSERT INTO wallets_wallet (id, handle, organization_id, owner_id, kind, currency_id, account_id,
    created_at)
SELECT wallet, handle, %(organization)s, person, 'current', 'INR', account, %(at)s FROM bench_made
"""
_TRANSACTIONS: LiteralString = f"""
INSERT INTO ledger_transaction (id, organization_id, kind, reference, entry_count, effective_at,
    recorded_at, description, metadata)
SELECT transaction, %(organization)s, 'DEPOSIT', uuid_send(transaction) || uuid_send(account), 2,
       {_WHEN}, {_WHEN}, '', '{{}}'
FROM bench_made
"""  # noqa: S608 - of constants
_ENTRIES: LiteralString = f"""
INSERT INTO ledger_entry (transaction_id, organization_id, seq, account_id, side, amount_minor,
    currency_id, balance_after_minor, version, effective_at, recorded_at)
SELECT transaction, %(organization)s, seq,
       CASE WHEN seq = 2 THEN account WHEN n > %(short_entries)s THEN %(long)s ELSE %(short)s END,
       CASE seq WHEN 1 THEN 'DEBIT' ELSE 'CREDIT' END, %(opening)s, 'INR',
       %(opening)s * place, place, {_WHEN}, {_WHEN}
FROM bench_made, generate_series(1, 2) AS seq, LATERAL (
    SELECT CASE WHEN seq = 2 THEN 1 WHEN n > %(short_entries)s THEN n - %(short_entries)s
                ELSE n END AS place
) counted
"""  # noqa: S608 - of constants


def build_large(cluster: Cluster, world: World, *, count: int) -> Large:
    """Copy the world and give its first organization `count` more wallets."""
    cluster.copy_database(LARGE)
    tenant = world.tenants[0]
    values: dict[str, object] = {
        "count": count + SHORT_ENTRIES,
        "alphabet": ALPHABET.upper(),
        "organization": tenant.id,
        "long": new_id(),
        "short": new_id(),
        "short_entries": SHORT_ENTRIES,
        "opening": OPENING_MINOR,
        "at": now(),
    }
    _write(cluster, values, _NUMBERED)
    with ThreadPoolExecutor(2) as pool:
        halves = (_ACCOUNTS, _WALLETS), (_PEOPLE, _TRANSACTIONS, _ENTRIES)
        for done in [pool.submit(_write, cluster, values, *half) for half in halves]:
            done.result()
    return _large(cluster, tenant, values)


def _write(cluster: Cluster, values: dict[str, object], *statements: LiteralString) -> None:
    with cluster.superuser(database=LARGE) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET work_mem = '128MB'")
        # A statement that makes a table takes no parameters, so the driver writes them into it.
        cursor = psycopg.ClientCursor(connection)
        for statement in statements:
            cursor.execute(statement, values)


def _large(cluster: Cluster, tenant: Tenant, values: dict[str, object]) -> Large:
    with cluster.superuser(database=LARGE) as connection:
        handles = connection.execute("SELECT handle FROM bench_made").fetchall()
        connection.execute("DROP TABLE bench_made")
        connection.execute("VACUUM ANALYZE")
    grown = dataclasses.replace(tenant, handles=tuple(handle for (handle,) in handles), accounts=())
    long, short = values["long"], values["short"]
    assert isinstance(long, uuid.UUID)
    assert isinstance(short, uuid.UUID)
    return Large(World((grown,), database=LARGE), long, short)
