"""Production refuses to start with anything that a default or a slip would leave open."""

import os
import subprocess
import sys

import pytest

from vaultcraft.checks import ROOT, production_environment

ONE_SECRET = "one-and-the-same-0123456789-for-two-purposes"
READ_SETTINGS = """
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
try:
    settings.DEBUG
except ImproperlyConfigured as refusal:
    print("REFUSED", refusal)
else:
    print("STARTED", settings.SESSION_COOKIE_NAME, settings.SECURE_SSL_REDIRECT)
"""

SOME_KEYS = production_environment()["VAULTCRAFT_JWT_KEYS"]


def started_with(**changes: str | None) -> str:
    """What the production settings say to an environment; None takes a variable away."""
    environment = {**production_environment(), "PATH": os.environ["PATH"]}
    for name, value in changes.items():
        environment.pop(name, None)
        if value is not None:
            environment[name] = value
    return subprocess.run(
        [sys.executable, "-c", READ_SETTINGS],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout


def test_a_complete_environment_starts():
    assert started_with() == "STARTED __Host-session True\n"


def test_the_address_s_host_is_compared_as_browsers_do():
    address = "https://Wallet.invalid:8443/"

    assert started_with(VAULTCRAFT_BASE_URL=address).startswith("STARTED")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"VAULTCRAFT_SECRET_KEY": None}, "VAULTCRAFT_SECRET_KEY is not set"),
        ({"VAULTCRAFT_SECRET_KEY": "short"}, "VAULTCRAFT_SECRET_KEY is too weak"),
        ({"VAULTCRAFT_SECRET_KEY": "a" * 60}, "VAULTCRAFT_SECRET_KEY is too weak"),
        (
            {"VAULTCRAFT_PEPPER": "change-me-0123456789-abcdefghijklmnopqrstuvwxyz"},
            "VAULTCRAFT_PEPPER still holds a placeholder",
        ),
        ({"VAULTCRAFT_JWT_KEYS": "[]"}, "VAULTCRAFT_JWT_KEYS needs at least one key"),
        (
            {"VAULTCRAFT_JWT_KEYS": '[{"kid": "a", "private_pem": "nonsense"}]'},
            "VAULTCRAFT_JWT_KEYS must hold Ed25519 private keys",
        ),
        ({"VAULTCRAFT_SEALING_KEYS": "[]"}, "VAULTCRAFT_SEALING_KEYS needs at least one key"),
        (
            dict.fromkeys(("VAULTCRAFT_SEALING_KEYS", "VAULTCRAFT_JWT_KEYS"), SOME_KEYS),
            "VAULTCRAFT_SEALING_KEYS must differ from VAULTCRAFT_JWT_KEYS",
        ),
        ({"VAULTCRAFT_HEADS_FILE": None}, "VAULTCRAFT_HEADS_FILE is not set"),
        (
            {"VAULTCRAFT_HEADS_FILE": "heads.jsonl"},
            "VAULTCRAFT_HEADS_FILE must be an absolute path",
        ),
        ({"VAULTCRAFT_HEADS_FILE": str(ROOT / "x")}, "outside the product's directory"),
        (
            {"VAULTCRAFT_WEBHOOK_LOCAL_TARGETS": "true"},
            "VAULTCRAFT_WEBHOOK_LOCAL_TARGETS is on",
        ),
        ({"DEBUG": "true"}, "DEBUG is on"),
        ({"VAULTCRAFT_ALLOWED_HOSTS": None}, "VAULTCRAFT_ALLOWED_HOSTS must list exact host"),
        ({"VAULTCRAFT_ALLOWED_HOSTS": "*"}, "VAULTCRAFT_ALLOWED_HOSTS must list exact host"),
        ({"VAULTCRAFT_BASE_URL": "http://wallet.invalid"}, "VAULTCRAFT_BASE_URL must look like"),
        (
            {"VAULTCRAFT_BASE_URL": "https://elsewhere.invalid"},
            "VAULTCRAFT_BASE_URL's host must be one of VAULTCRAFT_ALLOWED_HOSTS",
        ),
        (
            {"VAULTCRAFT_PEPPER": ONE_SECRET, "VAULTCRAFT_SECRET_KEY": ONE_SECRET},
            "VAULTCRAFT_PEPPER must differ from VAULTCRAFT_SECRET_KEY",
        ),
        ({"DATABASE_URL": None}, "DATABASE_URL is not set"),
        (
            {"DATABASE_OWNER_URL": "postgresql://vaultcraft_app@127.0.0.1/vaultcraft"},
            "must use different roles",
        ),
        (
            {
                "DATABASE_URL": "postgresql://vaultcraft_owner@127.0.0.1/vaultcraft",
                "DATABASE_OWNER_URL": None,
            },
            "DATABASE_URL must sign in as vaultcraft_app",
        ),
        ({"REDIS_URL": None}, "REDIS_URL is not set"),
        ({"NATS_URL": None}, "NATS_URL is not set"),
    ],
)
def test_a_slip_is_refused_and_named(changes, complaint):
    answer = started_with(**changes)

    assert answer.startswith("REFUSED")
    assert complaint in answer


def test_the_seed_is_for_local_settings_only():
    done = subprocess.run(
        [sys.executable, "manage.py", "seed"],
        env={**production_environment(), "PATH": os.environ["PATH"]},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode != 0
    assert "local settings only" in done.stderr
