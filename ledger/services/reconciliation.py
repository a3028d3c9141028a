"""Checking the books and keeping what was found: a job, its findings, and an alarm."""

from __future__ import annotations

import contextlib
import datetime as dt
import uuid
from collections.abc import Collection, Iterator

from django.db import connection

from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.context import reading
from kernel.ids import new_id
from kernel.rows import insert_rows
from kernel.transactions import opens_transaction
from ledger.checker import NOT_VERIFIED, Report, verify_books
from ledger.models import ReconcileJob

CHECK_EVERY = dt.timedelta(hours=6)
_LOCK = 0xB00C_0001  # of PostgreSQL's advisory locks; any number that nobody else takes
_FINDING_COLUMNS = {
    "job_id": "uuid",
    "check_name": "text",
    "rule": "text",
    "organization_id": "uuid",
    "subject": "text",
    "subject_id": "text",
    "facts": "jsonb",
}


def reconcile(
    *,
    actor: Actor,
    organization_id: uuid.UUID | None = None,
    names: Collection[str] = (),
    now: dt.datetime,
) -> Report:
    """Check the books as the auditor, then keep the job and its findings; see `keep_report`.

    Nothing is locked while the passes run, and no transaction of the application is open.

    :param actor: the program itself or platform staff: it must see every organization.
    :raises NotFound: if there is no such pass.
    :raises NoAuditor: if the settings name no auditor.
    """
    report = verify_books(organization_id=organization_id, names=names)
    keep_report(actor=actor, report=report, started_at=now)
    return report


def reconcile_when_due(*, actor: Actor, now: dt.datetime) -> Report | None:
    """Check all books when no check of all of them began within `CHECK_EVERY`.

    Whoever asks while another checks goes away: the lock is held until the job is kept, so the next
    one finds it. A check that broke off keeps no job and is due again.

    :param actor: the program itself: it must see every organization.
    :returns: None when there was nothing to do.
    :raises NoAuditor: if the settings name no auditor.
    """
    with _only_one() as we_are:
        if not we_are or not _is_due(actor=actor, now=now):
            return None
        return reconcile(actor=actor, now=now)


@contextlib.contextmanager
def _only_one() -> Iterator[bool]:
    """Whether we have PostgreSQL's advisory lock; it goes with the connection if we are killed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        (taken,) = cursor.fetchone()
    try:
        yield taken
    finally:
        if taken:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _is_due(*, actor: Actor, now: dt.datetime) -> bool:
    with reading(actor):
        last = ReconcileJob.objects.filter(whole=True).order_by("-id").first()
    return last is None or last.started_at <= now - CHECK_EVERY


@opens_transaction
def keep_report(*, actor: Actor, report: Report, started_at: dt.datetime) -> ReconcileJob:
    """Write one job and a row for each named finding.

    Records `ledger.books.verify`; with findings, emits `ledger.reconciliation.drift_found`.
    """
    job = ReconcileJob.objects.create(
        id=new_id(),
        organization_id=report.organization_id,
        whole=report.whole,
        door=actor.door,
        request_id=actor.request_id,
        started_at=started_at,
        finished_at=started_at + dt.timedelta(seconds=report.seconds),
        visited=report.visited,
        found=report.found,
        passes=_told(report),
        not_verified=list(NOT_VERIFIED),
    )
    insert_rows(
        table="ledger_reconcilefinding",
        columns=_FINDING_COLUMNS,
        rows=[
            (
                job.id,
                finding.check,
                finding.rule,
                finding.organization_id,
                finding.subject,
                finding.subject_id,
                dict(finding.facts),
            )
            for finding in report.findings
        ],
    )
    _tell(actor=actor, job=job, report=report, now=started_at)
    return job


def _told(report: Report) -> list[dict[str, object]]:
    return [
        {
            "name": one.name,
            "claim": one.claim,
            "visited": one.visited,
            "found": one.found,
            "seconds": round(one.seconds, 3),
        }
        for one in report.passes
    ]


def _tell(*, actor: Actor, job: ReconcileJob, report: Report, now: dt.datetime) -> None:
    broken = [one.name for one in report.passes if one.found]
    record(
        actor=actor,
        action="ledger.books.verify",
        subject_type="reconcile_job",
        subject_id=job.id,
        now=now,
        organization_id=report.organization_id,
        metadata={"visited": report.visited, "findings": report.found, "passes": broken},
    )
    if report.clean:
        return
    organization_id = report.organization_id
    emit(
        name="ledger.reconciliation.drift_found",
        organization_id=organization_id,
        subject_id=job.id,
        payload={
            "job_id": str(job.id),
            "organization_id": str(organization_id) if organization_id else None,
            "findings": report.found,
            "passes": broken,
        },
        actor=actor,
        now=now,
    )
