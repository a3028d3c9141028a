"""Relays of a measurement: processes of their own, on an outbox and a broker of their own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import nats
from nats.aio.client import Client

from bench.cluster import ROOT, Cluster
from vaultcraft.embedded.nats import url
from vaultcraft.embedded.ports import free_port
from vaultcraft.embedded.processes import Child, Program
from vaultcraft.embedded.secrets import throwaway_secrets

OUTBOX = "outbox"
_PATIENCE_SECONDS = 120.0
_CARELESS = """
listen: "127.0.0.1:{port}"
authorization {{ token: "{token}" }}
jetstream {{ store_dir: "{store}" }}
"""
# As large as the event of a payment with a fee.
_EVENTS = """
    INSERT INTO events_outboxevent (id, name, version, organization_id, subject_id, payload,
        actor_kind, actor_id, request_id, occurred_at)
    SELECT gen_random_uuid(), 'ledger.transaction.posted', 1, gen_random_uuid(), NULL,
        jsonb_build_object('number', number, 'entries', repeat('x', 700)), 'system', NULL, '', now()
    FROM generate_series(1, %s) number
"""


@contextlib.contextmanager
def careless_broker(cluster: Cluster) -> Iterator[str]:
    """The address of a NATS server that says so before it syncs, as it does by itself."""
    from vaultcraft.embedded.nats import _binary

    places = cluster.servers.places
    port, token = free_port(), throwaway_secrets().nats_token
    configuration = places.run_dir / "careless.conf"
    store = places.data_dir / "careless"
    configuration.write_text(_CARELESS.format(port=port, token=token, store=store))
    child = Child(
        program=Program(
            name="careless",
            command=[_binary(), "-c", str(configuration)],
            log_path=places.logs_dir / "careless.log",
        )
    )
    try:
        time.sleep(1.0)
        yield url(token=token, port=port)
    finally:
        child.kill()


def write_waiting(cluster: Cluster, *, count: int) -> None:
    """Put events into the outbox that nobody has published yet."""
    with cluster.superuser(database=OUTBOX) as connection:
        connection.execute(_EVENTS, [count])


@contextlib.contextmanager
def relay(cluster: Cluster, *, broker: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A relay of that outbox, and the namespace its streams are in.

    They are new, and nothing is missing in them: it would be published again.
    """
    with cluster.superuser(database=OUTBOX) as connection:
        connection.execute("UPDATE events_relaycursor SET stream_made_at = NULL, stream_last = 0")
    namespace = f"b{uuid.uuid4().hex[:12]}"
    environment = {
        **os.environ,
        **cluster.environment,
        **cluster.urls_of(OUTBOX),
        "NATS_URL": broker,
        "VAULTCRAFT_EVENT_NAMESPACE": namespace,
    }
    log = Path(cluster.servers.places.logs_dir) / "relay.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "run_relay"],
            cwd=ROOT,
            env=environment,
            stdout=out,
            stderr=out,
        )
        try:
            yield process, namespace
        finally:
            process.terminate()
            process.wait(30)


def seconds_to_publish(*, broker: str, namespace: str, count: int) -> float:
    """From the first message in the stream until all are there."""
    return asyncio.run(_watched(broker, namespace, count))


def memory_mib(pid: int) -> float:
    """The most memory a process has held."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise LookupError("the process does not say how much memory it held")


async def _watched(broker: str, namespace: str, count: int) -> float:
    client = await nats.connect(broker)
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await _timed(client, f"{namespace.upper()}_EVENTS", count)
    finally:
        await client.close()


async def _timed(client: Client, stream: str, count: int) -> float:
    begun, first = None, 0
    while True:
        stored = 0
        with contextlib.suppress(nats.errors.Error):
            stored = (await client.jetstream().stream_info(stream)).state.messages
        if stored and begun is None:
            begun, first = time.perf_counter(), stored
        if begun is not None and stored >= count:
            return (time.perf_counter() - begun) * count / max(1, count - first)
        await asyncio.sleep(0.01)
