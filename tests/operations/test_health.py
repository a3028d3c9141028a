"""What load balancers and operators ask."""

import pytest
from django.db import connection
from django.test import Client

from vaultcraft import health


@pytest.mark.django_db
def test_ready_when_everything_answers():
    answer = Client().get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "checks": {"database": "ok", "migrations": "ok", "cache": "ok", "broker": "ok"},
    }


def test_alive_without_asking_anybody():
    assert Client().get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_dead_cache_and_broker_degrade_but_do_not_pull_the_node(settings, monkeypatch):
    settings.NATS_URL = "nats://127.0.0.1:1"

    answer = Client().get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert answer.json()["checks"]["broker"] == "degraded"


@pytest.mark.django_db
def test_broker_that_refuses_our_token_is_degraded(settings):
    settings.NATS_URL = settings.NATS_URL.replace("nats://", "nats://wrong")

    assert Client().get("/readyz").json()["checks"]["broker"] == "degraded"


def test_missing_migration_pulls_the_node(committed_db, monkeypatch):
    monkeypatch.setattr(health, "_migrations_good_until", 0.0)
    from django.db import connections

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
    }


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
