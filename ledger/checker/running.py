"""Running passes: count first, and name the places only where something is wrong."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any, LiteralString

import psycopg

from kernel.auditor import auditor_snapshot
from kernel.errors import NotFound
from ledger.checker.passes import Pass, registered
from ledger.checker.report import Finding, PassReport, Report

# A broken chain breaks everything after it: the first places tell the story.
MOST_NAMED = 100

NOTHING_VISITED = "nothing_visited"
FAILED = "pass_failed"


def verify_books(
    *,
    organization_id: uuid.UUID | None = None,
    names: Collection[str] = (),
    connection: psycopg.Connection | None = None,
    snapshot: str | None = None,
) -> Report:
    """Run the passes and say what each saw; nothing is written.

    A pass that PostgreSQL cannot finish is a finding (`pass_failed`), and the others still run.

    :param organization_id: look at one organization's books only.
    :param names: run these passes only; all when empty.
    :param connection: a transaction to read in; the auditor's own snapshot when None.
    :param snapshot: an exported snapshot to read in; one of this moment when None.
    :raises NotFound: if there is no pass of one of the names, or no such organization.
    :raises NoAuditor: if no connection is given and the settings name no auditor.
    """
    chosen = _chosen(names)
    if connection is not None:
        return _report(connection, chosen, organization_id)
    with auditor_snapshot(exported=snapshot) as own:
        return _report(own, chosen, organization_id)


def require_organization(connection: psycopg.Connection, organization_id: uuid.UUID | None) -> None:
    """Refuse an organization that does not exist: about it, everything would be true.

    :raises NotFound: if there is none; None stands for all of them.
    """
    asked = "SELECT FROM accounts_organization WHERE id = %s"
    if organization_id and connection.execute(asked, [organization_id]).rowcount == 0:
        raise NotFound(f"There is no organization {organization_id}.")


def _chosen(names: Collection[str]) -> Sequence[Pass]:
    unknown = set(names) - {one.name for one in registered()}
    if unknown:
        known = ", ".join(one.name for one in registered())
        raise NotFound(f"There is no pass {', '.join(sorted(unknown))}. There are: {known}.")
    return [one for one in registered() if not names or one.name in names]


def _report(
    connection: psycopg.Connection, passes: Sequence[Pass], organization_id: uuid.UUID | None
) -> Report:
    require_organization(connection, organization_id)
    started = time.monotonic()
    done = [_run(connection, one, organization_id) for one in passes]
    whole = organization_id is None and len(passes) == len(registered())
    return Report(organization_id, whole, done, time.monotonic() - started)


def _run(
    connection: psycopg.Connection, one: Pass, organization_id: uuid.UUID | None
) -> PassReport:
    started = time.monotonic()
    try:
        with connection.transaction(force_rollback=True):  # takes the planner's settings back
            visited, found, findings = _looked(connection, one, organization_id)
    except psycopg.Error as error:
        # One row that cannot be read must not keep the other passes from looking, nor the alarm.
        visited, found, findings = 0, 1, [_failed(one, organization_id, error)]
    seconds = time.monotonic() - started
    return PassReport(one.name, one.claim, visited, found, findings, seconds)


def _looked(
    connection: psycopg.Connection, one: Pass, organization_id: uuid.UUID | None
) -> tuple[int, int, list[Finding]]:
    """How many rows the pass visited and how many are broken, and the first of those."""
    asked = {"organization": organization_id}
    for setting in one.planned_with:
        connection.execute(setting)
    ((visited, found),) = _rows(
        connection,
        f"SELECT count(*), count(rule) FROM ({one.query}) looked",  # noqa: S608 - our constants
        asked,
    )
    if not visited and _expected(connection, one, asked):
        return 0, 1, [_nothing(one, organization_id)]
    return visited, found, _named(connection, one, asked) if found else []


def _named(connection: psycopg.Connection, one: Pass, asked: Mapping[str, object]) -> list[Finding]:
    named = _rows(
        connection,
        "SELECT rule, organization_id, subject, subject_id, facts::text"  # noqa: S608 - our constants
        f" FROM ({one.query}) looked WHERE rule IS NOT NULL"
        f" ORDER BY subject, subject_id LIMIT {MOST_NAMED}",
        asked,
    )
    # As text, because connections differ in what they make of jsonb.
    return [
        Finding(one.name, rule, organization_id, subject, subject_id, json.loads(facts))
        for rule, organization_id, subject, subject_id, facts in named
    ]


def _expected(connection: psycopg.Connection, one: Pass, asked: Mapping[str, object]) -> bool:
    ((expected,),) = _rows(connection, f"SELECT {one.expected_when}", asked)
    return bool(expected)


def _nothing(one: Pass, organization_id: uuid.UUID | None) -> Finding:
    return Finding(one.name, NOTHING_VISITED, organization_id, "pass", one.name, {"visited": 0})


def _failed(one: Pass, organization_id: uuid.UUID | None, error: psycopg.Error) -> Finding:
    said = error.diag.message_primary or str(error)
    facts = {"error": said, "sqlstate": error.sqlstate}
    return Finding(one.name, FAILED, organization_id, "pass", one.name, facts)


def _rows(
    connection: psycopg.Connection, query: LiteralString, asked: Mapping[str, object]
) -> list[tuple[Any, ...]]:
    return connection.execute(query, asked).fetchall()
