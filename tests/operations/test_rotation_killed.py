"""A rotation of keys, killed with -9 half-way, goes on where it stopped."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from accounts.models import DataKey
from accounts.services.vault.keys import Owner, add_key, clear_bytes
from kernel.actor import Actor, Door, system
from kernel.context import reading
from kernel.sealing import new_key
from kernel.transactions import opens_transaction
from tests.servers import SUPERUSER_VARIABLE, address_of
from tests.world import NOW, World

ROOT = Path(__file__).resolve().parents[2]
ACTOR = system(door=Door.COMMAND, request_id="test")
KEYS = 250


@opens_transaction
def plant(*, actor: Actor, world: World) -> None:
    for version in range(1, KEYS + 1):
        add_key(owner=Owner(world.acme.id, world.bob.id), version=version, now=NOW)


def masters() -> list[DataKey]:
    with reading(ACTOR):
        return list(DataKey.objects.order_by("id"))


@contextlib.contextmanager
def held(database: str, row: DataKey) -> Iterator[None]:
    """Somebody else's lock on a row, at which the rotation has to wait."""
    address = address_of(url=os.environ[SUPERUSER_VARIABLE], database=database)
    with psycopg.connect(address) as other:
        other.execute("SELECT FROM accounts_datakey WHERE id = %s FOR UPDATE", [row.id])
        yield


def rotation(database: str, keys: dict[int, bytes]) -> subprocess.Popen[str]:
    listed = [
        {"version": version, "key": urlsafe_b64encode(key).decode()}
        for version, key in keys.items()
    ]
    environment = {
        **os.environ,
        "DATABASE_URL": address_of(url=os.environ["DATABASE_URL"], database=database),
        "DJANGO_SETTINGS_MODULE": "vaultcraft.settings.test",
        "VAULTCRAFT_MASTER_KEYS": json.dumps(listed),
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, "manage.py", "rotate_keys", "--verbosity", "2"]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def test_a_killed_rotation_goes_on_where_it_stopped(
    committed_db: str, world: World, settings: pytest.FixtureRequest
) -> None:
    plant(actor=ACTOR, world=world)
    before = masters()
    keys = {**settings.VAULTCRAFT_MASTER_KEYS, 2: new_key()}
    with held(committed_db, before[-1]):
        first = rotation(committed_db, keys)
        assert first.stdout is not None
        for line in first.stdout:
            if "wrapped=200" in line:
                break
        first.send_signal(signal.SIGKILL)
        assert first.wait(timeout=20) == -signal.SIGKILL
        first.stdout.close()
    assert sorted(key.master_version for key in masters()) == [1] * (len(before) - 200) + [2] * 200
    second = rotation(committed_db, keys)
    said, _ = second.communicate(timeout=60)
    assert second.returncode == 0
    settings.VAULTCRAFT_MASTER_KEYS = {2: keys[2]}
    after = masters()
    assert {key.master_version for key in after} == {2}
    assert len({clear_bytes(key) for key in after}) == len(before)
    assert "data keys" in said
