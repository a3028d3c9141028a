"""What the product would be without one of its parts. Nothing of this exists outside the bench.

The parts that are Python are stood in for by a function that does nothing; those that PostgreSQL
holds are taken out of a copy of the database by the superuser.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from psycopg import sql

from bench.cluster import Cluster
from bench.connecting import connection_to
from bench.tenants import World
from kernel.clock import now

# Where each part is called, and what stands in for it.
_STAND_INS: dict[str, tuple[tuple[str, str, Callable[..., Any]], ...]] = {
    "limits": (("wallets.services.transfers.execution", "spendings", lambda *_: {}),),
    "audit": (("wallets.services.transfers.telling", "record_many", lambda _: None),),
    "outbox": (
        ("wallets.services.transfers.telling", "emit_many", lambda _: None),
        ("ledger.services.writing", "emit_many", lambda _: None),
    ),
    "outbox of the books": (("ledger.services.writing", "emit_many", lambda _: None),),
}
PYTHON_PARTS = ("limits", "audit", "outbox")


@contextlib.contextmanager
def without(part: str | None) -> Iterator[None]:
    """Leave a part out for the length of the block; None leaves nothing out."""
    if part is None:
        yield
        return
    with contextlib.ExitStack() as stack:
        for where, name, stand_in in _STAND_INS[part]:
            module = import_module(where)
            stack.callback(setattr, module, name, getattr(module, name))
            setattr(module, name, stand_in)
        yield


def copy_as_it_is(cluster: Cluster, world: World, *, name: str) -> World:
    """A copy of the database for one that stays connected to it."""
    return _copy(cluster, world, name)


def copy_without_row_security(
    cluster: Cluster, world: World, *, name: str = "without_row_security"
) -> World:
    """A copy of the database whose tables show every row to everybody."""
    copied = _copy(cluster, world, name)
    with cluster.superuser(database=str(copied.database)) as connection:
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relrowsecurity AND relkind = 'r'"
        ).fetchall()
        for (table,) in tables:
            connection.execute(
                sql.SQL("ALTER TABLE {} DISABLE ROW LEVEL SECURITY").format(sql.Identifier(table))
            )
    return copied


def copy_without_entry_checks(cluster: Cluster, world: World) -> World:
    """A copy whose trigger on entries writes the balances it is told and checks nothing."""
    copied = _copy(cluster, world, "without_entry_checks")
    with cluster.superuser(database=str(copied.database)) as connection:
        connection.execute(_CREDULOUS)
    return copied


def copy_with_fees(cluster: Cluster, world: World) -> World:
    """A copy in which every organization charges its customers for a transfer."""
    # These need Django's models.
    from bench.world import staff_again
    from wallets.choices import TransferKind
    from wallets.services.terms import set_fee_schedule

    copied = _copy(cluster, world, "with_fees")
    with connection_to(copied.database)():
        staff = staff_again()
        for tenant in copied.tenants:
            set_fee_schedule(
                actor=staff,
                organization_id=tenant.id,
                kind=TransferKind.TRANSFER,
                currency="INR",
                fixed_minor=1_00,
                bps=10,
                floor_minor=0,
                ceiling_minor=50_00,
                now=now(),
            )
    return copied


_CREDULOUS = """
CREATE OR REPLACE FUNCTION ledger_apply_entries() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    UPDATE ledger_ledgeraccount a
    SET posted_minor = l.balance_after_minor, version = l.version,
        last_recorded_at = l.recorded_at
    FROM (
        SELECT DISTINCT ON (account_id) account_id, version, balance_after_minor, recorded_at
        FROM new_entries ORDER BY account_id, version DESC
    ) l
    WHERE a.id = l.account_id;
    RETURN NULL;
END $$
"""


def _copy(cluster: Cluster, world: World, name: str) -> World:
    cluster.copy_database(name)
    return World(world.tenants, database=name)
