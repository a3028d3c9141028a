"""A database restored into another cluster: transaction ids mean nothing, and nothing is lost."""

from __future__ import annotations

import asyncio
from typing import LiteralString

import psycopg
import pytest
from django.db import connections

from events.forgetting import forget_sent
from kernel import clock
from tests.backbone.scenes import namespace, relaying, session, told, write
from vaultcraft.backup.restoring import WHAT_CAME_IS_OLD

_TRIGGERS: LiteralString = "ALTER TABLE events_outboxevent"
_PLACES: LiteralString = "ALTER TABLE events_relaycursor"


def _owner() -> psycopg.Connection:
    parameters = connections["owner"].get_connection_params()
    chosen = {k: v for k, v in parameters.items() if k in ("host", "port", "user", "password")}
    name = connections["owner"].settings_dict["NAME"]
    connection = psycopg.connect(**chosen, dbname=name, autocommit=True)
    connection.execute("SELECT set_config('vaultcraft.scope', 'platform', false)")
    return connection


def _here() -> str:
    with _owner() as owner:
        found = owner.execute("SELECT system_identifier::text FROM pg_control_system()").fetchone()
    assert found is not None
    return str(found[0])


def _move_to_another_cluster(*, since: str, highest: int, cluster: str = "elsewhere") -> None:
    """What a dump of a cluster that had counted further looks like here.

    There, 9,000,000,010 had committed before the cursor's snapshot and 9,000,000,020 after it.
    """
    with _owner() as owner:
        owner.execute(
            "ALTER TABLE events_outboxevent DISABLE TRIGGER events_outboxevent_append_only"
        )
        owner.execute(
            "UPDATE events_outboxevent SET commit_xid = CASE payload->>'about'"
            " WHEN 'sent' THEN '9000000010' ELSE '9000000020' END::xid8"
        )
        owner.execute(
            "ALTER TABLE events_outboxevent ENABLE TRIGGER events_outboxevent_append_only"
        )
        # A dump brings its rows before there is a trigger.
        owner.execute(f"{_PLACES} DISABLE TRIGGER events_relaycursor_past")
        owner.execute(
            "UPDATE events_relaycursor SET cluster = %s, since = %s::pg_snapshot, highest = %s",
            [cluster, since, highest],
        )
        owner.execute(f"{_PLACES} ENABLE TRIGGER events_relaycursor_past")


def _in_the_middle(alice: psycopg.Connection, *, cluster: str) -> None:
    """Something is published, something before it committed late, and something waits."""
    write(alice, "late")
    write(alice, "sent")
    write(alice, "waiting")
    (highest,) = alice.execute(
        "SELECT sequence FROM events_outboxevent WHERE payload->>'about' = 'sent'"
    ).fetchone() or (0,)
    since = "9000000011:9000000011:"
    _move_to_another_cluster(since=since, highest=highest, cluster=cluster)


@pytest.mark.parametrize("how", ["copied", "put back", "put back where it was saved"])
def test_what_was_sent_elsewhere_is_known_and_the_rest_follows(committed_db: str, how: str) -> None:
    """Whether a copy of the files is started, or a backup is put back on this server or another."""

    async def scene() -> None:
        with session() as alice:
            same = how == "put back where it was saved"
            _in_the_middle(alice, cluster=_here() if same else "elsewhere")
            if how != "copied":
                with _owner() as owner:
                    owner.execute(WHAT_CAME_IS_OLD)
            write(alice, "written here before the relay")
            async with namespace() as stream:
                async with relaying():
                    wanted = ["late", "waiting", "written here before the relay"]
                    assert await told(stream, 3) == wanted
                async with relaying():
                    write(alice, "written here after")
                    assert await told(stream, 4) == [*wanted, "written here after"]

    asyncio.run(scene())


def test_before_a_relay_ever_worked_here_nothing_is_published(committed_db: str) -> None:
    """As with the snapshots of another cluster: they mean nothing on this server."""
    with session() as alice, _owner() as owner:
        write(alice, "old")
        owner.execute(f"{_TRIGGERS} DISABLE TRIGGER USER")
        owner.execute(
            "UPDATE events_outboxevent SET occurred_at = now() - interval '400 days',"
            " written_at = now() - interval '400 days'"
        )
        owner.execute(f"{_TRIGGERS} ENABLE TRIGGER USER")
        highest = "(SELECT max(sequence) FROM events_outboxevent)"
        for cluster in ("", "elsewhere"):
            owner.execute(
                f"UPDATE events_relaycursor SET since = pg_current_snapshot(),"
                f" highest = {highest}, cluster = %s",
                [cluster],
            )
            assert forget_sent(now=clock.now()) == 0
        owner.execute(
            "UPDATE events_relaycursor SET cluster ="
            " (SELECT system_identifier::text FROM pg_control_system())"
        )
        assert forget_sent(now=clock.now()) == 1
