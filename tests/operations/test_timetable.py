"""The timetable is the owner's to write: beat runs by it, and the application cannot change it."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.utils import DatabaseError
from django_celery_beat.models import PeriodicTask

from kernel import clock
from tests.database import FORBIDDEN, refuses, rows, run
from tests.servers import ROOT, address_of
from vaultcraft.beat import Entry, Timetable
from vaultcraft.celery import app
from vaultcraft.timetable import write_timetable

TIMETABLE: dict[str, dict[str, Any]] = settings.CELERY_BEAT_SCHEDULE


@pytest.mark.django_db
def test_a_migration_writes_what_the_settings_say() -> None:
    written = {
        task.name: (task.task, task.interval.schedule.run_every, task.expire_seconds, task.enabled)
        for task in PeriodicTask.objects.select_related("interval")
    }
    assert written == {
        name: (
            entry["task"],
            entry["schedule"],
            entry.get("options", {}).get("expire_seconds"),
            True,
        )
        for name, entry in TIMETABLE.items()
    }


def test_beat_runs_by_it_and_notes_what_it_ran(committed_db: str) -> None:
    beat = Timetable(app=app)
    assert set(beat.schedule) == set(TIMETABLE)
    name = "seal-audit-records"
    beat._schedule[name] = beat.reserve(beat.schedule[name])
    beat.sync()
    ((last, count),) = rows(
        "SELECT last_run_at, total_run_count FROM django_celery_beat_periodictask WHERE name = %s",
        name,
    )
    assert count == 1
    assert clock.now() - last < dt.timedelta(minutes=1)


def test_beat_itself_sends_what_is_due(committed_db: str, tmp_path: Path) -> None:
    """The process that `make up` starts, in a database where every task is due."""
    run("UPDATE django_celery_beat_periodictask SET last_run_at = now() - interval '1 day'")
    log = tmp_path / "beat.log"
    environment = {
        **os.environ,
        "DATABASE_URL": address_of(url=os.environ["DATABASE_URL"], database=committed_db),
        "DJANGO_SETTINGS_MODULE": "vaultcraft.settings.test",
    }
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "vaultcraft",
        "beat",
        "--pidfile=",
        "-l",
        "INFO",
    ]
    with log.open("wb") as written:
        beat = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=written, stderr=written)
    try:
        deadline = time.monotonic() + 60
        while "seal-audit-records" not in log.read_text() and time.monotonic() < deadline:
            time.sleep(0.2)
    finally:
        beat.terminate()
        beat.wait(timeout=30)  # it notes what it ran
    assert "seal-audit-records" in log.read_text()
    assert "permission denied" not in log.read_text()
    ((count,),) = rows("SELECT sum(total_run_count) FROM django_celery_beat_periodictask")
    assert count > 0


@pytest.mark.django_db
def test_no_date_to_come_puts_a_task_off() -> None:
    run("UPDATE django_celery_beat_periodictask SET last_run_at = now() + interval '9 years'")
    for task in PeriodicTask.objects.all():
        assert Entry(task, app=app).last_run_at <= clock.now()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "move",
    [
        "UPDATE django_celery_beat_periodictask SET enabled = false",
        "UPDATE django_celery_beat_periodictask SET task = 'audit.tasks.nothing'",
        "UPDATE django_celery_beat_intervalschedule SET every = 1000000",
        "UPDATE django_celery_beat_periodictasks SET last_update = now()",
        "DELETE FROM django_celery_beat_periodictask",
        "INSERT INTO django_celery_beat_periodictask SELECT * FROM django_celery_beat_periodictask",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('accounts', '0099', now())",
        "DELETE FROM django_migrations",
        "DELETE FROM django_content_type",
        "DELETE FROM auth_permission",
        "DELETE FROM django_admin_log",
    ],
)
def test_the_application_cannot_write_tables_of_libraries(move: str) -> None:
    refuses(FORBIDDEN, move)


@pytest.mark.django_db
def test_the_application_cannot_write_the_timetable_anew() -> None:
    with pytest.raises(DatabaseError, match="permission denied"):
        write_timetable(using=connection.alias)
