"""No setting and no variable can switch a safety rule off.

The rooms of money read neither settings nor the environment, and what the database holds asks only
for the view. So there is no place where a switch could be read; the marginal costs of the rules are
measured by compositions that live under bench/, which the product never imports.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.db import connections

ROOT = Path(__file__).resolve().parents[2]
MONEY = ("ledger", "wallets")
# What the other rooms read: lifetimes, keys, names and rates, none of them a rule about money.
READ_ELSEWHERE = {
    "accounts": {
        "ACCESS_TOKEN_SECONDS",
        "REDIS_URL",
        "PIN_BCRYPT_ROUNDS",
        "REFRESH_ABSOLUTE_SECONDS",
        "REFRESH_IDLE_SECONDS",
        "SERVER_TIMEOUT_SECONDS",
        "SESSION_COOKIE_AGE",
        "SESSION_IDLE_SECONDS",
        "SESSION_IDLE_STRICT_SECONDS",
        "TEMPLATES",
        "VAULTCRAFT_BASE_URL",
        "SYSTEM_SETTINGS_SECONDS",
        "VAULTCRAFT_ENVIRONMENT",
        "VAULTCRAFT_GEOIP_PATH",
        "VAULTCRAFT_JWT_KEYS",
        "VAULTCRAFT_MASTER_KEYS",
        "VAULTCRAFT_PEPPER",
    },
    "api": set[str](),
    "audit": {"VAULTCRAFT_HEADS_FILE", "VAULTCRAFT_SEALING_KEYS"},
    "kernel": {
        "REDIS_URL",
        "VAULTCRAFT_BASE_URL",
        "VAULTCRAFT_RATES",
        "VAULTCRAFT_WEB_WORKERS",
    },
    # Where the servers are, and what streams are called; emitting reads none of it.
    "events": {
        "EVENT_BROKER",
        "EVENT_NAMESPACE",
        "EVENT_REPLICAS",
        "EVENT_STREAM_DAYS",
        "KAFKA",
        "NATS_URL",
        "REDIS_URL",
    },
    "kyc": {"KYC_PROVIDER"},
    # Whether a developer's own machine may be a target; production refuses it.
    "notifications": {"WEBHOOK_LOCAL_TARGETS"},
    # Where open pages follow the stream of events, and whose session a cookie names.
    "web": {
        "ALLOWED_HOSTS",
        "DEVICE_COOKIE_NAME",
        "EMAIL_FILE_PATH",
        "EVENT_NAMESPACE",
        "FILE_UPLOAD_MAX_MEMORY_SIZE",
        "NATS_URL",
        "SESSION_COOKIE_NAME",
        "SESSION_COOKIE_SECURE",
    },
}
# The environment, a setting by name, or one whose name is computed.
WAYS_OUT = re.compile(
    r"\bos\.environ\b|\bos\.getenv\b|^from os import|^(?:from|import) vaultcraft"
    r"|getattr\(settings|\bsettings\.[A-Z_]+",
    re.MULTILINE,
)
# Which bank is told to pay: what is posted follows from its answer, and skips nothing.
WHO_IS_ASKED = {"wallets": {"PAYOUT_RAIL"}}
# Variables of the environment, wherever the house reads them, that could be taken for a switch.
SWITCH = re.compile(
    r"SKIP|DISABLE|ENABLE|BYPASS|UNSAFE|WITHOUT|CHECKS?\b|LIMITS?\b|AUDIT|OUTBOX|GUARD|IDEMPOT|RLS"
)


@pytest.mark.parametrize("room", MONEY)
def test_the_rooms_of_money_read_no_setting_and_no_environment(room):
    assert _outside(room) == WHO_IS_ASKED.get(room, set())


@pytest.mark.parametrize("room", sorted(READ_ELSEWHERE))
def test_the_other_rooms_read_what_is_listed(room):
    assert _outside(room) == READ_ELSEWHERE[room]


def test_no_variable_is_named_like_a_switch():
    names = {
        name
        for path in (*_sources("vaultcraft"), *(ROOT / "docker").rglob("*"), ROOT / ".env.example")
        if path.is_file()
        for name in re.findall(r"\bVAULTCRAFT_[A-Z_]+", path.read_text())
    }

    assert {name for name in names if SWITCH.search(name)} == set()


@pytest.mark.django_db(databases=["default", "owner"])
def test_what_the_database_holds_asks_for_the_view_and_nothing_else():
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_functiondef(oid) FROM pg_proc"
            " WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'"
            " UNION ALL SELECT concat(qual, ' ', with_check) FROM pg_policies"
        )
        bodies = " ".join(str(body) for (body,) in cursor.fetchall())
    asked = set(re.findall(r"current_setting\('([^']+)'", bodies))

    assert asked == {"vaultcraft.organizations", "vaultcraft.scope"}


def test_the_product_never_imports_the_bench():
    importing = [
        str(path)
        for room in (*MONEY, *READ_ELSEWHERE, "vaultcraft")
        for path in _sources(room)
        if re.search(r"^\s*(from|import) bench\b", path.read_text(), re.MULTILINE)
    ]

    assert importing == []


def _outside(room: str) -> set[str]:
    """What a room reads of the settings by name, and every way to the environment."""
    texts = [path.read_text() for path in _sources(room) if "management" not in path.parts]
    return {
        found.removeprefix("settings.")
        for text in texts
        for found in WAYS_OUT.findall(text)
        if found != "settings.AUTH_USER_MODEL"
    }


def _sources(room: str) -> list[Path]:
    return [path for path in sorted((ROOT / room).rglob("*.py")) if "tests" not in path.parts]
