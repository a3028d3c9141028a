"""A check is kept as a job with its findings, raises an alarm, and is seen where staff look."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import re
import uuid
from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connections, transaction
from django.test import Client
from django.utils.module_loading import import_string

from audit.models import AuditChain
from events.models import OutboxEvent
from kernel.context import reading
from kernel.ids import encode, new_id
from ledger.checker import registered
from ledger.models import ReconcileFinding, ReconcileJob
from ledger.tasks import verify_books
from tests.database import refused_by, run, view
from tests.servers import SUPERUSER_VARIABLE
from tests.web.conftest import Visit
from tests.world import NOW, World

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def superuser(committed_db: str) -> Iterator[psycopg.Connection]:
    """A superuser with every trigger off, whose every statement commits."""
    url = os.environ[SUPERUSER_VARIABLE]
    with psycopg.connect(url, dbname=committed_db, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection


@pytest.fixture
def drift(world: World, superuser: psycopg.Connection) -> uuid.UUID:
    """Alice's balance is off by one; her account."""
    account: uuid.UUID = world.alice_wallet.account_id
    superuser.execute(
        "UPDATE ledger_ledgeraccount SET posted_minor = posted_minor + 1 WHERE id = %s", [account]
    )
    return account


def check(*arguments: str) -> tuple[int, str]:
    """Run the command; its exit code and what it printed."""
    out = io.StringIO()
    code = 0
    try:
        call_command("verify_books", *arguments, stdout=out)
    except SystemExit as stop:
        code = int(str(stop.code))
    return code, out.getvalue()


def jobs(world: World) -> list[ReconcileJob]:
    with reading(world.actor(world.olga)):
        return list(ReconcileJob.objects.prefetch_related("findings"))


def alarms(world: World) -> list[OutboxEvent]:
    with reading(world.actor(world.olga)):
        return list(OutboxEvent.objects.filter(name="ledger.reconciliation.drift_found"))


def test_a_clean_check_is_kept_and_alarms_nobody(world: World) -> None:
    code, _ = check()
    assert code == 0
    (job,) = jobs(world)
    assert (job.found, job.whole, job.door) == (0, True, "command")
    assert [one["name"] for one in job.passes] == [one.name for one in registered()]
    assert job.visited == sum(one["visited"] for one in job.passes) > 0
    assert job.not_verified
    assert alarms(world) == []


def test_drift_is_kept_alarms_and_fails_the_command(world: World, drift: uuid.UUID) -> None:
    code, told = check()
    assert code == 1
    assert f"account_balance_is_sum: account {drift}" in told
    (job,) = jobs(world)
    assert job.found == 2
    found = {(one.check_name, one.rule, one.subject_id) for one in job.findings.all()}
    assert ("balances", "account_balance_is_sum", str(drift)) in found
    (alarm,) = alarms(world)
    assert alarm.payload == {
        "job_id": str(job.id),
        "organization_id": None,
        "findings": 2,
        "passes": ["sums", "balances"],
    }


def test_a_pass_that_fails_is_kept_and_alarms(world: World, superuser: psycopg.Connection) -> None:
    world.send()
    superuser.execute(
        "UPDATE events_outboxevent SET payload = jsonb_set(payload, '{amount_minor}', '\"much\"')"
        " WHERE name = 'wallets.transfer.completed'"
    )
    code, told = check()
    assert code == 1
    assert "pass_failed: pass events" in told
    (job,) = jobs(world)
    assert {(one.check_name, one.rule) for one in job.findings.all()} == {("events", "pass_failed")}
    (alarm,) = alarms(world)
    assert alarm.payload["passes"] == ["events"]
    told = Client().get("/metrics").content.decode()
    assert 'vaultcraft_books_findings{check="events"} 1.0' in told


def test_the_task_does_the_same_by_the_clock(world: World, drift: uuid.UUID) -> None:
    done = verify_books()
    assert done is not None
    assert done["found"] == 2
    (job,) = jobs(world)
    assert job.door == "task"
    assert len(alarms(world)) == 1


def test_beat_knows_the_task() -> None:
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert import_string(str(entry["task"])).name == entry["task"]
    assert "ledger.tasks.verify_books" in str(settings.CELERY_BEAT_SCHEDULE)


def test_nothing_is_kept_when_not_asked_to(world: World, drift: uuid.UUID) -> None:
    code, _ = check("--no-record")
    assert code == 1
    assert jobs(world) == []
    assert alarms(world) == []


def test_as_json(world: World, drift: uuid.UUID) -> None:
    code, told = check("--format", "json", "--pass", "balances")
    report = json.loads(told)
    assert code == 1
    assert [one["name"] for one in report["passes"]] == ["balances"]
    (finding,) = report["passes"][0]["findings"]
    assert finding["rule"] == "account_balance_is_sum"
    assert finding["subject_id"] == str(drift)
    assert finding["facts"]["posted_minor"] == finding["facts"]["entries_minor"] + 1
    assert report["not_verified"]
    assert [job.whole for job in jobs(world)] == [False]


def test_one_organization_alone(world: World, drift: uuid.UUID) -> None:
    world.send()
    globex = encode("org", world.globex.id)
    code, told = check("--organization", globex, "--format", "json")
    assert code == 0, told
    assert all(one["visited"] for one in json.loads(told)["passes"])
    code, _ = check("--organization", str(world.acme.id))
    assert code == 1
    assert [job.organization_id for job in jobs(world)] == [world.acme.id, world.globex.id]


def test_without_an_auditor_the_command_says_what_is_missing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(connections.settings, "auditor")
    with pytest.raises(CommandError, match="DATABASE_AUDITOR_URL"):
        check()


def test_an_auditor_who_cannot_come_in_is_told_in_a_sentence(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connections.settings["auditor"], "PASSWORD", "wrong")
    with pytest.raises(CommandError, match="could not be read"):
        check()
    assert jobs(world) == []


def test_unknown_passes_and_organizations_are_refused() -> None:
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("verify_books", "--pass", "nonsense")
    with pytest.raises(CommandError, match="org_"):
        call_command("verify_books", "--organization", "acme")


@pytest.mark.parametrize("more", [(), ("--no-record",), ("--format", "json")])
def test_an_organization_that_does_not_exist_does_not_stand(
    world: World, more: tuple[str, ...]
) -> None:
    for unknown in (encode("org", new_id()), str(new_id())):
        with pytest.raises(CommandError, match="not_found: There is no organization"):
            check("--organization", unknown, *more)
    assert jobs(world) == []


def test_a_snapshot_of_another_moment_is_not_kept(world: World) -> None:
    with pytest.raises(CommandError, match="--no-record"):
        check("--snapshot", "00000003-00000001-1")


def test_jobs_are_for_ever_and_only_the_platform_sees_those_of_all(
    world: World, drift: uuid.UUID
) -> None:
    check()
    with reading(world.actor(world.alice)):
        assert not ReconcileJob.objects.exists()
    for table in ("ledger_reconcilejob", "ledger_reconcilefinding"):
        with refused_by("42501"):
            run(f"UPDATE {table} SET id = id")
        with refused_by("42501"):
            run(f"DELETE FROM {table}")


def test_a_tenant_writes_no_job_of_the_platform(world: World) -> None:
    with refused_by("42501"), transaction.atomic():
        view(world.acme)
        run(
            "INSERT INTO ledger_reconcilejob (id, whole, door, request_id, started_at, finished_at,"
            " visited, found, passes, not_verified)"
            " VALUES (gen_random_uuid(), true, 'task', '', now(), now(), 1, 0, '[]', '[]')"
        )


def test_the_staff_site_shows_jobs_and_findings(
    world: World, drift: uuid.UUID, visit: Visit
) -> None:
    check()
    (job,) = jobs(world)
    staff = visit(world.olga)
    listed = staff.get("/admin/ledger/reconcilejob/").content.decode()
    assert "2 findings" in listed
    page = staff.get(f"/admin/ledger/reconcilejob/{job.id}/change/").content.decode()
    assert "account_balance_is_sum" in page
    assert str(drift) in page
    assert "signatures of the audit chain" in page
    assert staff.post(f"/admin/ledger/reconcilejob/{job.id}/change/", {}).status_code == 403
    with reading(world.actor(world.olga)):
        assert ReconcileFinding.objects.count() == 2


def test_the_metrics_tell_of_the_last_whole_check(world: World, drift: uuid.UUID) -> None:
    never = Client().get("/metrics").content.decode()
    assert "vaultcraft_books_checked_timestamp_seconds 0.0" in never
    assert "vaultcraft_books_findings" not in never
    check()
    check("--pass", "versions")
    told = Client().get("/metrics").content.decode()
    assert 'vaultcraft_books_findings{check="balances"} 1.0' in told
    assert 'vaultcraft_books_findings{check="versions"} 0.0' in told
    assert "vaultcraft_books_checked_timestamp_seconds 0.0" not in told
    assert "vaultcraft_books_checked_timestamp_seconds 1." in told
    (waits,) = re.findall(
        r"^vaultcraft_audit_unsealed_since_timestamp_seconds (\S+)", told, re.MULTILINE
    )
    assert dt.datetime.fromtimestamp(float(waits), dt.UTC) == NOW
    refused = "vaultcraft_audit_sealing_refused_since_timestamp_seconds"
    assert f"{refused} 0.0" in told
    with transaction.atomic():
        view(scope="platform")
        AuditChain.objects.update(refused_since=NOW, refused_because="seals are gone")
    told = Client().get("/metrics").content.decode()
    (since,) = re.findall(rf"^{refused} (\S+)", told, re.MULTILINE)
    assert dt.datetime.fromtimestamp(float(since), dt.UTC) == NOW
