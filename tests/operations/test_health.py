"""What load balancers and operators ask."""

import time
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test import Client

from tests.backbone.scenes import session, write
from vaultcraft import health


@pytest.mark.django_db
def test_ready_when_everything_answers():
    answer = Client().get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "checks": {
            "database": "ok",
            "migrations": "ok",
            "cache": "ok",
            "broker": "ok",
            "stream": "ok",
        },
        "relay": {"behind_seconds": 0.0},
    }


def test_how_far_events_wait_is_told_and_pulls_nobody(committed_db):
    with session() as writing:
        write(writing, "a")

    answer = Client().get("/readyz")

    assert answer.json()["status"] == "ok"
    assert 0 <= answer.json()["relay"]["behind_seconds"] < 60


def test_alive_without_asking_anybody():
    assert Client().get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_dead_cache_and_broker_degrade_but_do_not_pull_the_node(settings):
    settings.NATS_URL = "nats://127.0.0.1:1"
    settings.CACHES = {
        "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    }

    answer = Client().get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    told = answer.json()["checks"]
    assert (told["database"], told["cache"], told["broker"]) == ("ok", "degraded", "degraded")


@pytest.mark.django_db
def test_broker_that_refuses_our_token_is_degraded(settings):
    settings.NATS_URL = settings.NATS_URL.replace("nats://", "nats://wrong")

    assert Client().get("/readyz").json()["checks"]["broker"] == "degraded"


def test_missing_migration_pulls_the_node(committed_db, monkeypatch):
    monkeypatch.setattr(health, "_migrations_good_until", 0.0)
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "DELETE FROM django_migrations WHERE app = 'sessions' AND name = '0001_initial'"
        )

    answer = Client().get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"] == {
        "database": "ok",
        "migrations": "failed",
        "cache": "ok",
        "broker": "ok",
        "stream": "ok",
    }


@pytest.fixture
def pool_of_two(committed_db, monkeypatch):
    """Requests share two connections, as in production they share twenty."""
    few = {"min_size": 1, "max_size": 2, "timeout": 0.5}
    monkeypatch.setitem(connections.settings["default"]["OPTIONS"], "pool", few)
    default: Any = connections["default"]
    default.ensure_connection()  # opens the pool
    default.close()
    yield default.pool
    default.close()
    default.close_pool()


def test_ready_while_every_request_waits_for_a_lock(pool_of_two, monkeypatch):
    monkeypatch.setattr(health, "_migrations_good_until", 0.0)
    taken = [pool_of_two.getconn() for _ in range(2)]
    try:
        answer = Client().get("/readyz")
    finally:
        for one in taken:
            pool_of_two.putconn(one)

    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"


def test_a_probe_waits_for_the_database_only_so_long(committed_db, monkeypatch):
    monkeypatch.setattr(health, "_migrations_good_until", 0.0)
    started = time.monotonic()
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("LOCK TABLE django_migrations IN ACCESS EXCLUSIVE MODE")
        answer = Client().get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"]["migrations"] == "failed"
    assert time.monotonic() - started < 2 * health.DATABASE_TIMEOUT_SECONDS


def test_a_dead_database_pulls_the_node(committed_db, monkeypatch):
    monkeypatch.setitem(connections.settings["default"], "PORT", "1")

    answer = Client().get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == "failed"
    assert answer.json()["relay"] == {"behind_seconds": None}


def test_metrics_are_readable_locally():
    answer = Client().get("/metrics")

    assert answer.status_code == 200
    assert b"python_info" in answer.content


def test_metrics_need_the_token_once_there_is_one(settings):
    settings.VAULTCRAFT_METRICS_TOKEN = "a-token"

    assert Client().get("/metrics").status_code == 404
    assert Client().get("/metrics", headers={"authorization": "Bearer other"}).status_code == 404
    assert Client().get("/metrics", headers={"authorization": "Bearer a-token"}).status_code == 200


def test_metrics_without_token_stay_closed_in_production(settings):
    settings.VAULTCRAFT_ENVIRONMENT = "production"

    assert Client().get("/metrics").status_code == 404


@pytest.mark.django_db
def test_the_suite_works_as_the_application_role():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("vaultcraft_app",)
