"""Who proved what, by which factor, is on record (ASVS 16.3.1); and where the program writes."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from audit.models import AuditRecord
from tests.database import all_seeing, rows
from tests.phones import give_phone
from tests.world import PASSWORD, World
from vaultcraft.logging import logging_config


def acts() -> list[tuple[str, object]]:
    with all_seeing():
        found = AuditRecord.objects.order_by("id").filter(action__startswith="accounts.s")
        return [(one.action, one.metadata.get("second_factor")) for one in found]


@pytest.mark.django_db
def test_signing_in_and_out_is_on_record_with_the_factor(world: World):
    phone, before = give_phone(world.alice), len(acts())
    client = Client()
    client.post("/sign-in", {"email": world.alice.email, "password": "wrong"})
    client.post("/sign-in", {"email": world.alice.email, "password": PASSWORD})
    client.post("/sign-in/second-step", {"method_name": "totp", "proof": phone.code()})
    client.post("/sign-out")
    told = acts()[before:]
    assert ("accounts.sign_in.fail", None) in told
    assert ("accounts.session.open", "totp") in told
    assert told[-1][0] == "accounts.session.revoke"


def test_everything_is_written_to_stderr_and_nowhere_else():
    """ASVS 16.2.3."""
    config = logging_config()
    assert config["handlers"] == {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}}
    assert config["root"]["handlers"] == ["stderr"]
    assert not [one for one in config["loggers"].values() if "handlers" in one]


@pytest.mark.django_db
def test_a_fresh_installation_knows_nobody():
    """ASVS 6.3.2: migrating makes no account."""
    with all_seeing():
        assert not User.objects.exists()


@pytest.mark.django_db
def test_nobody_is_asked_for_a_hint():
    """ASVS 6.4.2."""
    hints = rows(
        "SELECT table_name::text, column_name::text FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_name ~ 'hint|question|secret_answer|mother'"
    )
    assert hints == []


@pytest.mark.django_db
def test_no_function_of_the_database_executes_a_text():
    """ASVS 1.2.4: dynamic SQL exists in one place, whose names come from the catalog alone."""
    executing = rows(
        "SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        " AND prosrc ~* '\\mEXECUTE\\M'"
    )
    assert executing == [("accounts_key_is_used",)]
