"""When the books are checked by themselves: soon after the first start, then every six hours."""

from __future__ import annotations

import datetime as dt
from functools import partial

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from kernel.actor import Door, system
from kernel.context import reading
from ledger.checker import Report
from ledger.models import ReconcileJob
from ledger.services import reconciliation
from ledger.services.reconciliation import CHECK_EVERY, reconcile_when_due
from ledger.tasks import verify_books
from tests.concurrency.racing import race, start
from tests.world import NOW, World

pytestmark = pytest.mark.usefixtures("committed_db")

CLOCK = system(door=Door.TASK, request_id="test")
INSTANT = dt.timedelta(microseconds=1)


def ask(now: dt.datetime) -> Report | None:
    return reconcile_when_due(actor=CLOCK, now=now)


def jobs() -> int:
    with reading(CLOCK):
        return ReconcileJob.objects.count()


def test_the_first_is_due_at_once_and_the_next_six_hours_after_it_began(world: World) -> None:
    assert ask(NOW) is not None
    assert ask(NOW + CHECK_EVERY - INSTANT) is None
    assert jobs() == 1
    assert ask(NOW + CHECK_EVERY) is not None
    assert jobs() == 2


def test_only_a_whole_check_counts(world: World) -> None:
    call_command("verify_books", "--pass", "versions")
    assert verify_books() is not None
    assert verify_books() is None
    assert jobs() == 2


def test_many_who_ask_at_once_check_once(world: World) -> None:
    reports = race([partial(ask, NOW)] * 8)
    assert sum(report is not None for report in reports) == 1
    assert jobs() == 1


def test_who_comes_while_another_checks_goes_away(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [reconciliation._LOCK])
        assert start(partial(ask, NOW)).result(timeout=60) is None
        assert jobs() == 0
        cursor.execute("SELECT pg_advisory_unlock(%s)", [reconciliation._LOCK])
    assert start(partial(ask, NOW)).result(timeout=60) is not None


def test_a_check_that_broke_off_is_due_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(reconciliation, "verify_books", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            ask(NOW)
    assert jobs() == 0
    assert start(partial(ask, NOW)).result(timeout=60) is not None


def _interrupted(**_: object) -> Report:
    raise KeyboardInterrupt


def test_beat_asks_often_and_what_nobody_took_expires() -> None:
    entry = settings.CELERY_BEAT_SCHEDULE["verify-books"]
    assert entry["schedule"] == dt.timedelta(minutes=2)
    assert entry["options"] == {"expire_seconds": 120}
