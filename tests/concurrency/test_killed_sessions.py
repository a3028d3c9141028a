"""An ended session stops at once, in other processes too, and whatever became of Redis."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.choices import FactorMethod
from accounts.services import devices, sessions
from kernel import clock
from tests.concurrency.racing import race
from tests.world import PASSWORD, World
from web.doors import SESSION_KEY

ROOT = Path(__file__).resolve().parents[2]
# Another process with the same settings on the same database: it ends the sessions.
_KILLER = """
import sys, uuid, django
django.setup()
from django.conf import settings
from django.db import connections
for alias in connections:
    connections.settings[alias]["NAME"] = sys.argv[1]
from accounts.actors import user_actor
from accounts.models import User
from accounts.services.sessions import end_own_session
from kernel import clock
from kernel.actor import Door
from kernel.context import Context, Scope, reading_as
with reading_as(Context(scope=Scope.PLATFORM)):
    user = User.objects.get(id=sys.argv[2])
actor = user_actor(user=user, door=Door.COMMAND, request_id="killer")
for session_id in sys.argv[3:]:
    end_own_session(actor=actor, session_id=uuid.UUID(session_id), now=clock.now())
"""


def asked(server: LiveServer, token: str, method: str = "GET", path: str = "/me") -> int:
    """What the live server answers to a client of its own connection."""
    wire = http.client.HTTPConnection(server.thread.host, server.thread.port, timeout=30)
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Idempotency-Key": "k",
    }
    wire.request(method, f"/api/v1{path}", body="{}" if method == "POST" else None, headers=headers)
    status = wire.getresponse().status
    wire.close()
    return status


def in_browser(session_id: uuid.UUID) -> Client:
    """A browser whose cookie names this session."""
    browser = Client()
    kept = browser.session
    kept[SESSION_KEY] = str(session_id)
    kept.save()
    return browser


def test_a_session_killed_in_another_process_stops_at_the_very_next_request(
    server: LiveServer, world: World, committed_db: str
) -> None:
    """Reads and money at the API, the dashboard's pages, the staff site: no clock is asked."""
    alice = world.actor(world.alice)
    opened = sessions.open_session(actor=alice, now=clock.now())
    page = sessions.open_browser_session(
        actor=alice, now=clock.now(), second_factor=FactorMethod.TOTP
    )
    browser = in_browser(page.id)
    assert asked(server, opened.access) == 200
    assert browser.get("/").status_code == 200
    assert browser.get("/admin/").status_code == 200
    script = [sys.executable, "-c", _KILLER, committed_db]
    killed = subprocess.run(
        [*script, str(world.alice.id), str(opened.session_id), str(page.id)],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "vaultcraft.settings.test"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert killed.returncode == 0, killed.stderr
    assert asked(server, opened.access) == 401
    assert asked(server, opened.access, "POST", "/transfers") == 401
    for place, door in (("/", "/sign-in"), ("/admin/", "/admin/login/?next=/admin/")):
        refused = in_browser(page.id).get(place)
        assert (refused.status_code, refused.headers["Location"]) == (302, door)


def test_redis_stopped_in_the_middle_changes_nothing(world: World, settings: Settings) -> None:
    opened = sessions.open_session(actor=world.actor(world.alice), now=clock.now())
    client = Client(headers={"Authorization": f"Bearer {opened.access}"})
    assert client.get("/api/v1/me").status_code == 200
    dead = "redis://127.0.0.1:1/0"
    settings.REDIS_URL = dead
    settings.CACHES = {"default": {**django_settings.CACHES["default"], "LOCATION": dead}}
    assert client.get("/api/v1/me").status_code == 200
    ended = client.delete(
        f"/api/v1/me/sessions/{client.get('/api/v1/me/sessions').json()['data'][0]['id']}"
    )
    assert ended.status_code == 204
    assert client.get("/api/v1/me").status_code == 401


def test_a_device_revoked_while_somebody_signs_in_on_it_keeps_no_session(
    committed_db: str, world: World
) -> None:
    alice = world.actor(world.alice)
    device, _ = devices.met_device(
        actor=alice, user=world.alice, token=None, user_agent="", now=clock.now()
    )

    def sign_in() -> str:
        try:
            sessions.open_session(actor=alice, device=device, now=clock.now())
        except Exception as refused:  # noqa: BLE001 - which one it is, is asserted
            return type(refused).__name__
        return "opened"

    def revoke() -> str:
        devices.revoke_device(actor=alice, device_id=device.id, now=clock.now())
        return "revoked"

    answers = race([*[sign_in] * 10, revoke, *[sign_in] * 10])
    assert set(answers) <= {"opened", "PermissionDenied", "revoked"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('vaultcraft.scope', 'platform', false)")
        cursor.execute(
            "SELECT count(*) FROM accounts_signinsession"
            " WHERE device_id = %s AND revoked_at IS NULL",
            [device.id],
        )
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_sign_in_of_a_suspended_or_unknown_person_opens_no_device(world: World) -> None:
    body = json.dumps({"email": world.alice.email, "password": f"{PASSWORD}x"})
    got = Client().post("/api/v1/auth/token", body, content_type="application/json")
    assert got.status_code == 401
    assert "device_token" not in got.json()
