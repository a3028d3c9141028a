"""A database restored into another cluster: transaction ids mean nothing, and nothing is lost."""

from __future__ import annotations

import asyncio
from typing import LiteralString

import psycopg
from django.db import connections

from events.forgetting import forget_sent
from kernel import clock
from tests.backbone.scenes import namespace, relaying, session, told, write

_TRIGGERS: LiteralString = "ALTER TABLE events_outboxevent"


def _owner() -> psycopg.Connection:
    parameters = connections["owner"].get_connection_params()
    chosen = {k: v for k, v in parameters.items() if k in ("host", "port", "user", "password")}
    name = connections["owner"].settings_dict["NAME"]
    connection = psycopg.connect(**chosen, dbname=name, autocommit=True)
    connection.execute("SELECT set_config('vaultcraft.scope', 'platform', false)")
    return connection


def _move_to_another_cluster(*, since: str, highest: int) -> None:
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
        owner.execute(
            "UPDATE events_relaycursor SET cluster = 'elsewhere', since = %s::pg_snapshot,"
            " highest = %s",
            [since, highest],
        )


def test_what_was_sent_elsewhere_is_known_and_the_rest_follows(committed_db: str) -> None:
    async def scene() -> None:
        with session() as alice:
            write(alice, "late")
            write(alice, "sent")
            write(alice, "waiting")
            (highest,) = alice.execute(
                "SELECT sequence FROM events_outboxevent WHERE payload->>'about' = 'sent'"
            ).fetchone() or (0,)
            _move_to_another_cluster(since="9000000011:9000000011:", highest=highest)
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
        owner.execute("UPDATE events_outboxevent SET occurred_at = now() - interval '400 days'")
        owner.execute(f"{_TRIGGERS} ENABLE TRIGGER USER")
        highest = "(SELECT max(sequence) FROM events_outboxevent)"
        for cluster in ("", "elsewhere"):
            owner.execute(
                f"UPDATE events_relaycursor SET since = '9000000000:9000000000:',"
                f" highest = {highest}, cluster = %s",
                [cluster],
            )
            assert forget_sent(now=clock.now()) == 0
        owner.execute(
            "UPDATE events_relaycursor SET cluster ="
            " (SELECT system_identifier::text FROM pg_control_system())"
        )
        assert forget_sent(now=clock.now()) == 1
