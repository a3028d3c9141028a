"""A consent to a key counts for a day of the database's clock, whatever the key says of itself."""

from __future__ import annotations

import datetime as dt
import os
import uuid

import psycopg
import pytest
from django.db import transaction

from accounts.models import ApiKey, PendingAct
from kernel import clock
from kernel.context import Context, entered
from kernel.crypto import hash_token
from kernel.ids import encode
from tests.api.conftest import Caller, token_of
from tests.database import all_seeing, refused_by
from tests.servers import SUPERUSER_VARIABLE
from tests.world import World, takes_two

pytestmark = pytest.mark.usefixtures("committed_db")

AGE = dt.timedelta(days=20)


def agreed_key(world: World) -> PendingAct:
    adam = takes_two(world)
    wanted = {"name": "Pay", "scopes": ["transfers:write"]}
    asked = Caller(token_of(world, world.alice)).post("/api-keys", wanted)
    act = asked.data["pending_act"]["id"]
    assert Caller(token_of(world, adam)).post(f"/pending-acts/{act}/agree", {}).status == 200
    with all_seeing():
        act = next(
            one
            for one in PendingAct.objects.filter(kind="accounts.api_key")
            if encode("pac", one.id) == act
        )
    return act


def write_key(world: World, *, permit: uuid.UUID, created_at: dt.datetime) -> None:
    """By plain SQL, and undone."""
    with transaction.atomic(), entered(Context(organizations=(world.acme.id,))):
        ApiKey(
            organization=world.acme,
            name="Pay",
            prefix="vck_test_aaaaaa",
            secret_hash=hash_token(f"vck_test_{uuid.uuid4()}"),
            scopes=["transfers:write"],
            created_by=world.alice,
            created_at=created_at,
            permit_id=permit,
        ).save(force_insert=True)
        transaction.set_rollback(True)


def grow_old(database: str, act: PendingAct) -> None:
    """What is agreed today was agreed long ago."""
    dates = ("made_at", "expires_at", "decided_at", "decided_by_clock")
    aged = ", ".join(f"{date} = {date} - interval '{AGE.days} days'" for date in dates)
    with psycopg.connect(os.environ[SUPERUSER_VARIABLE], dbname=database) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(f"UPDATE accounts_pendingact SET {aged} WHERE id = %s", [act.id])


def test_a_key_that_is_dated_back_does_not_make_it_new(world: World, committed_db: str) -> None:
    act = agreed_key(world)
    write_key(world, permit=act.id, created_at=clock.now())
    grow_old(committed_db, act)
    with refused_by("accounts_apikey_permit_of_today"):
        write_key(world, permit=act.id, created_at=clock.now() - AGE)
