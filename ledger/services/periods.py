"""Opening, closing and withdrawing periods of an organization's books.

A period runs from the end of the one before to the end of a day in the organization's time zone.
Entries dated into it are taken until it is closed, and never after.
"""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import DatabaseError, connection

from accounts.queries import timezone_of
from accounts.services.networks import from_known_network
from audit.services import record
from events.services import emit
from kernel import clock
from kernel.actor import Actor
from kernel.errors import InvariantBroken
from kernel.ids import new_id
from kernel.transactions import needs_transaction, opens_transaction, rule_of
from ledger.choices import PeriodState
from ledger.errors import (
    PeriodAlreadyClosed,
    PeriodAlreadyOpen,
    PeriodEndUnusable,
    PeriodNotOver,
    PeriodWithdrawn,
)
from ledger.models import Period
from ledger.proofs import proof_of
from ledger.queries.periods import period_of, proof_lines
from ledger.queries.statements import EARLIEST
from ledger.services.authority import require_at_home
from ledger.services.period_balances import keep_balances

MANAGE = "ledger.manage_periods"
LONGEST = dt.timedelta(days=366)
_FIRST_AFTER = """
    WITH midnight AS (SELECT (%(day)s::date + 1)::timestamp AT TIME ZONE %(zone)s AS at)
    SELECT min(m.at + shift) FROM midnight m, unnest(ARRAY[
        interval '0', '-1 hour', '1 hour', '-30 minutes', '30 minutes', %(guess)s - m.at
    ]) AS shift
    WHERE ((m.at + shift) AT TIME ZONE %(zone)s)::date > %(day)s
      AND ((m.at + shift - interval '1 microsecond') AT TIME ZONE %(zone)s)::date <= %(day)s
"""


@from_known_network(MANAGE)
@opens_transaction
def open_period(
    *, actor: Actor, organization_id: uuid.UUID, closes_on: dt.date, now: dt.datetime
) -> Period:
    """Define the next period: from the end of the last one to the end of a day.

    Locks the organization's books. Records `ledger.period.open`, emits `ledger.period.opened`.

    :param closes_on: the last day, in the organization's time zone.
    :raises PermissionDenied: unless the actor carries `ledger.manage_periods`.
    :raises NetworkNotTrusted: if the actor is on a network that is new to them.
    :raises NotFound: if there is no such organization, or none that is the actor's.
    :raises PeriodEndUnusable: unless the day is after the last period and at most a year ahead.
    :raises PeriodAlreadyOpen: if a period of these books is open.
    """
    require_at_home(actor, MANAGE, organization_id=organization_id)
    if not EARLIEST.date() < closes_on <= (now + LONGEST).date():
        raise PeriodEndUnusable(pointer="/closes_on")
    ends_at = end_of_day(closes_on, timezone=timezone_of(organization_id))
    starts_at = locked_boundary(organization_id)
    if starts_at is not None and ends_at <= starts_at:
        raise PeriodEndUnusable(pointer="/closes_on", facts={"starts_at": _text(starts_at)})
    if Period.objects.filter(organization_id=organization_id, state=PeriodState.OPEN).exists():
        raise PeriodAlreadyOpen()
    period = Period(
        id=new_id(),
        organization_id=organization_id,
        starts_at=starts_at,
        closes_on=closes_on,
        ends_at=ends_at,
        opened_at=now,
    )
    try:
        _insert(period)
    except DatabaseError as error:
        # A day that the zone never had.
        if rule_of(error) == "period_ends_with_its_day":
            raise PeriodEndUnusable(pointer="/closes_on") from error
        raise
    _tell(actor=actor, period=period, verb="open", happened="opened", now=now)
    return period


@from_known_network(MANAGE)
@opens_transaction
def close_period(*, actor: Actor, period_id: uuid.UUID, now: dt.datetime) -> Period:
    """Make everything that counts before the period's end final, and prove what stood there.

    Locks the organization's books first, so no posting slips in; waits for those under way. Keeps
    a `PeriodBalance` for every account. Records `ledger.period.close`, emits
    `ledger.period.closed`.

    :raises PermissionDenied: unless the actor carries `ledger.manage_periods`.
    :raises NetworkNotTrusted: if the actor is on a network that is new to them.
    :raises NotFound: if there is no such period, or none of the actor's organization.
    :raises PeriodAlreadyClosed: if it is closed.
    :raises PeriodWithdrawn: if it was withdrawn.
    :raises PeriodNotOver: before its end.
    :raises InvariantBroken: if its debits and credits differ.
    """
    period = _locked_open(actor, period_id)
    if period.ends_at > now:
        raise PeriodNotOver(facts={"ends_at": period.ends_at.isoformat()})
    previous = _previous(period)
    keep_balances(period=period, previous=previous)
    period.opening_proof = _opening_proof(period, previous)
    period.closing_proof = proof_of(
        organization_id=period.organization_id, moment=period.ends_at, lines=proof_lines(period.id)
    )
    period.state, period.closed_at = PeriodState.CLOSED, now
    period.save(update_fields=["state", "closed_at", "opening_proof", "closing_proof"])
    # The database moves the instant of closing behind everything recorded before it.
    period.refresh_from_db(fields=["closed_at"])
    _tell(actor=actor, period=period, verb="close", happened="closed", now=now)
    return period


@from_known_network(MANAGE)
@opens_transaction
def withdraw_period(*, actor: Actor, period_id: uuid.UUID, now: dt.datetime) -> Period:
    """Take an open period back, so that another with another last day can be opened.

    Nothing was final in it, so nothing changes in the books: the next one begins where it did. The
    row stays. Locks the organization's books. Records `ledger.period.withdraw`, emits
    `ledger.period.withdrawn`.

    :raises PermissionDenied: unless the actor carries `ledger.manage_periods`.
    :raises NetworkNotTrusted: if the actor is on a network that is new to them.
    :raises NotFound: if there is no such period, or none of the actor's organization.
    :raises PeriodAlreadyClosed: if it is closed.
    :raises PeriodWithdrawn: if it was withdrawn before.
    """
    period = _locked_open(actor, period_id)
    period.state, period.withdrawn_at = PeriodState.WITHDRAWN, now
    period.save(update_fields=["state", "withdrawn_at"])
    _tell(actor=actor, period=period, verb="withdraw", happened="withdrawn", now=now)
    return period


@needs_transaction
def _locked_open(actor: Actor, period_id: uuid.UUID) -> Period:
    """An open period of the actor's, with its books locked."""
    found = period_of(period_id)
    require_at_home(actor, MANAGE, organization_id=found.organization_id)
    locked_boundary(found.organization_id)
    period = period_of(period_id)
    if period.state == PeriodState.CLOSED:
        raise PeriodAlreadyClosed()
    if period.state == PeriodState.WITHDRAWN:
        raise PeriodWithdrawn()
    return period


def end_of_day(day: dt.date, *, timezone: str) -> dt.datetime:
    """The first instant after a day, in UTC, however long the day was.

    PostgreSQL says it, whose rules hold it. Its own reading of a midnight that comes twice, or
    never, is an hour or half an hour off; where it knows of none, the program's answer is given.
    """
    guess = clock.start_of_day(day + dt.timedelta(days=1), timezone=timezone)
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_AFTER, {"day": day, "zone": timezone, "guess": guess})
        found: dt.datetime | None = cursor.fetchone()[0]
    return found or guess


@needs_transaction
def locked_boundary(organization_id: uuid.UUID) -> dt.datetime | None:
    """The end of the last closed period; until the commit nothing is posted to these books."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT closed_before FROM ledger_books WHERE organization_id = %s FOR UPDATE",
            [organization_id],
        )
        row = cursor.fetchone()
    if row is None:
        raise InvariantBroken(f"organization {organization_id} has no books")
    boundary: dt.datetime | None = row[0]
    return boundary


def _insert(period: Period) -> None:
    """Write what the application may write of a new period: nothing of its closing."""
    names = ("id", "organization_id", "starts_at", "closes_on", "ends_at", "state", "opened_at")
    marks = ", ".join(["%s"] * len(names))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO ledger_period ({', '.join(names)}) VALUES ({marks})",  # noqa: S608
            [getattr(period, name) for name in names],
        )


def _previous(period: Period) -> Period | None:
    if period.starts_at is None:
        return None
    return Period.objects.get(
        organization_id=period.organization_id,
        ends_at=period.starts_at,
        state=PeriodState.CLOSED,
    )


def _opening_proof(period: Period, previous: Period | None) -> bytes:
    if previous is None or previous.closing_proof is None:
        return proof_of(organization_id=period.organization_id, moment=None, lines="")
    return bytes(previous.closing_proof)


def _tell(*, actor: Actor, period: Period, verb: str, happened: str, now: dt.datetime) -> None:
    proof = period.closing_proof
    facts: dict[str, object] = {
        "period_id": str(period.id),
        "closes_on": period.closes_on.isoformat(),
        "starts_at": _text(period.starts_at),
        "ends_at": _text(period.ends_at),
        "closing_proof": bytes(proof).hex() if proof else None,
    }
    record(
        actor=actor,
        action=f"ledger.period.{verb}",
        subject_type="period",
        subject_id=period.id,
        organization_id=period.organization_id,
        metadata=facts,
        now=now,
    )
    emit(
        name=f"ledger.period.{happened}",
        organization_id=period.organization_id,
        subject_id=period.id,
        payload=facts,
        actor=actor,
        now=now,
    )


def _text(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(dt.UTC).isoformat()
