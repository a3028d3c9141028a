"""Periods: where they end, what they keep, and that nothing enters a closed one."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest
from django.db import connection

from accounts.errors import InvalidProfile
from accounts.rules import checked_timezone
from accounts.services.organizations import register_organization
from audit.models import AuditRecord
from events.models import OutboxEvent
from kernel.actor import Door, anonymous
from kernel.context import reading
from kernel.errors import NotFound, PermissionDenied
from ledger import queries
from ledger.choices import Axis
from ledger.errors import (
    PeriodAlreadyClosed,
    PeriodAlreadyOpen,
    PeriodEndUnusable,
    PeriodNotOver,
    PeriodWithdrawn,
)
from ledger.models import Period, PeriodBalance
from ledger.services import periods
from ledger.services.periods import close_period, end_of_day, open_period, withdraw_period
from ledger.tests.books import codes, movement, moving, nothing_moves, posted
from tests.database import refuses, view
from tests.mailbox import confirm_address
from tests.world import NOW, PASSWORD, World

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)
TODAY = NOW.date()


def opened(world: World, *, closes_on: dt.date = TODAY) -> Period:
    return open_period(
        actor=world.actor(world.alice), organization_id=world.acme.id, closes_on=closes_on, now=NOW
    )


def closed(world: World, period: Period) -> Period:
    return close_period(
        actor=world.actor(world.alice), period_id=period.id, now=period.ends_at + DAY
    )


def kept(world: World, period: Period) -> dict[str, tuple[int, int, int, int]]:
    with reading(world.actor(world.alice)):
        return {
            row.account.name: (
                row.opening_minor,
                row.debit_minor,
                row.credit_minor,
                row.closing_minor,
            )
            for row in queries.balances_of_period(period.id)
            if row.debit_minor or row.credit_minor or row.closing_minor
        }


def test_a_period_ends_with_its_day_in_the_organizations_time_zone(world: World) -> None:
    bharat = register_organization(
        actor=anonymous(door=Door.WEB, request_id="bharat"),
        organization_name="Bharat",
        country="IN",
        base_currency="INR",
        owner_email="indu@bharat.test",
        owner_name="Indu",
        password=PASSWORD,
        timezone="Asia/Kolkata",
        now=NOW,
    )
    period = open_period(
        actor=world.actor(confirm_address(bharat.owner, now=NOW, request_id="bharat")),
        organization_id=bharat.organization.id,
        closes_on=dt.date(2026, 11, 30),
        now=NOW,
    )
    assert period.ends_at == dt.datetime(2026, 11, 30, 18, 30, tzinfo=dt.UTC)
    assert period.starts_at is None


@pytest.mark.parametrize(
    ("timezone", "day", "end"),
    [
        ("Europe/Berlin", dt.date(2026, 3, 29), (2026, 3, 29, 22)),  # 23 hours long
        ("Europe/Berlin", dt.date(2026, 10, 25), (2026, 10, 25, 23)),  # 25 hours
        ("America/Santiago", dt.date(2026, 9, 5), (2026, 9, 6, 4)),  # no midnight
        ("America/Havana", dt.date(2026, 10, 31), (2026, 11, 1, 4)),  # two midnights
        ("Pacific/Apia", dt.date(2011, 12, 29), (2011, 12, 30, 10)),  # no next day
        ("UTC", dt.date(2026, 12, 31), (2027, 1, 1)),
    ],
)
def test_days_of_every_length(timezone: str, day: dt.date, end: tuple[int, ...]) -> None:
    assert end_of_day(day, timezone=timezone) == dt.datetime(*end, tzinfo=dt.UTC)  # type: ignore[misc, arg-type]


def test_a_closed_period_keeps_what_every_account_showed(world: World) -> None:
    period = opened(world)
    world.send(amount_minor=250_00)
    closed(world, period)

    assert kept(world, period) == {
        "Cash at bank": (0, 6_00_000_00, 0, 6_00_000_00),
        f"{world.alice_wallet.handle}, current": (0, 250_00, 1_00_000_00, 99_750_00),
        "Organization, current": (0, 0, 5_00_000_00, 5_00_000_00),
        "Clearing with Globex": (0, 0, 250_00, 250_00),
    }
    with reading(world.actor(world.alice)):
        (total,) = queries.totals_of_period(period.id)
        assert total.balanced
        assert (total.debit_minor, total.closing_debit_minor) == (6_00_250_00, 6_00_000_00)
        accounts = queries.accounts().count()
        assert PeriodBalance.objects.filter(period=period).count() == accounts


def test_the_next_period_begins_where_this_one_ended(world: World) -> None:
    first = closed(world, opened(world, closes_on=TODAY - DAY))
    second = opened(world, closes_on=TODAY)
    assert (first.ends_at, first.closing_proof) == (second.starts_at, first.closing_proof)
    world.send(amount_minor=250_00)
    second = closed(world, second)

    assert bytes(second.opening_proof or b"") == bytes(first.closing_proof or b"")
    assert kept(world, first) == {}
    opening, debit, credit, closing = kept(world, second)[f"{world.alice_wallet.handle}, current"]
    assert (opening, debit, credit, closing) == (0, 250_00, 1_00_000_00, 99_750_00)


def test_late_entries_are_in_the_period_they_are_dated_into(world: World) -> None:
    """The world's deposits are dated this morning and were recorded whenever this test runs."""
    first = opened(world, closes_on=TODAY)
    world.send(amount_minor=250_00)
    assert (
        kept(world, closed(world, first))[f"{world.alice_wallet.handle}, current"][3] == 99_750_00
    )
    with reading(world.actor(world.alice)):
        last = first.ends_at - dt.timedelta(microseconds=1)
        account = world.alice_wallet.account_id
        effective = queries.balance_of(account, as_of=last, axis=Axis.EFFECTIVE)
    assert effective.posted_minor == 99_750_00


def test_the_proof_is_the_documented_hash_of_the_balances(world: World) -> None:
    period = closed(world, opened(world))
    lines = ["vaultcraft period 1", f"{world.acme.id} 2026-11-21T00:00:00.000000Z"]
    with reading(world.actor(world.alice)):
        for row in PeriodBalance.objects.filter(period=period).order_by("account_id"):
            account = row.account
            lines.append(
                f"{account.id} {account.currency_id} {account.account_class} {row.closing_minor}"
            )
        assert queries.proof_holds(period)
    text = "".join(f"{line}\n" for line in lines)
    assert bytes(period.closing_proof or b"") == hashlib.sha256(text.encode()).digest()
    empty = f"vaultcraft period 1\n{world.acme.id} -\n"
    assert bytes(period.opening_proof or b"") == hashlib.sha256(empty.encode()).digest()


def test_nothing_enters_a_closed_period(world: World) -> None:
    period = opened(world, closes_on=TODAY - DAY)
    alice, acme = world.alice_wallet.account, world.acme_wallet.account
    before = moving(*movement(alice, acme, 5).postings)
    dated_back = [
        type(before)(
            kind=before.kind,
            currency=before.currency,
            reference=hashlib.sha256(str(number).encode()).digest(),
            postings=before.postings,
            effective_at=NOW - DAY,
        )
        for number in range(2)
    ]
    assert codes(posted(dated_back[0])) == [None]
    closed(world, period)
    with nothing_moves():
        assert codes(posted(dated_back[1])) == ["period_closed"]
    assert codes(posted(before)) == [None]


def test_only_when_it_is_over(world: World) -> None:
    period = opened(world)
    with pytest.raises(PeriodNotOver):
        close_period(actor=world.actor(world.alice), period_id=period.id, now=NOW)
    just_before = period.ends_at - dt.timedelta(microseconds=1)
    with pytest.raises(PeriodNotOver):
        close_period(actor=world.actor(world.alice), period_id=period.id, now=just_before)
    assert PeriodBalance.objects.count() == 0
    closed_at_its_end = close_period(
        actor=world.actor(world.alice), period_id=period.id, now=period.ends_at
    )
    assert closed_at_its_end.state == "CLOSED"


def test_only_once(world: World) -> None:
    period = closed(world, opened(world))
    with pytest.raises(PeriodAlreadyClosed):
        closed(world, period)


def test_one_open_period_at_a_time_after_the_last_and_not_far_ahead(world: World) -> None:
    first = opened(world, closes_on=TODAY - DAY)
    with pytest.raises(PeriodAlreadyOpen):
        opened(world)
    closed(world, first)
    for unusable in (TODAY - DAY, TODAY - 2 * DAY, TODAY + 367 * DAY):
        with pytest.raises(PeriodEndUnusable):
            opened(world, closes_on=unusable)


def withdrawn(world: World, period: Period) -> Period:
    return withdraw_period(actor=world.actor(world.alice), period_id=period.id, now=NOW)


def test_a_mistyped_period_is_withdrawn_and_the_chain_goes_on(world: World) -> None:
    first = closed(world, opened(world, closes_on=TODAY - DAY))
    mistyped = withdrawn(world, opened(world, closes_on=TODAY + 365 * DAY))
    assert (mistyped.state, mistyped.withdrawn_at) == ("WITHDRAWN", NOW)
    same_day = withdrawn(world, opened(world))
    second = closed(world, opened(world))
    assert (second.starts_at, second.ends_at) == (first.ends_at, same_day.ends_at)
    assert bytes(second.opening_proof or b"") == bytes(first.closing_proof or b"")
    third = closed(world, opened(world, closes_on=TODAY + DAY))
    assert third.opening_proof == second.closing_proof


def test_the_first_period_may_be_withdrawn(world: World) -> None:
    withdrawn(world, opened(world, closes_on=TODAY + 365 * DAY))
    assert closed(world, opened(world)).starts_at is None


def test_an_ended_period_is_not_withdrawn(world: World) -> None:
    period = closed(world, opened(world, closes_on=TODAY - DAY))
    with pytest.raises(PeriodAlreadyClosed):
        withdrawn(world, period)
    taken_back = withdrawn(world, opened(world))
    with pytest.raises(PeriodWithdrawn):
        withdrawn(world, taken_back)
    with pytest.raises(PeriodWithdrawn):
        closed(world, taken_back)
    with reading(world.actor(world.alice)):
        states = list(Period.objects.order_by("id").values_list("state", flat=True))
    assert states == ["CLOSED", "WITHDRAWN"]


def test_who_may_withdraw_and_what_it_tells(world: World) -> None:
    period = opened(world)
    for stranger, refusal in ((world.bob, PermissionDenied), (world.charlie, NotFound)):
        with pytest.raises(refusal):
            withdraw_period(actor=world.actor(stranger), period_id=period.id, now=NOW)
    withdraw_period(actor=world.actor(world.olga), period_id=period.id, now=NOW)
    with reading(world.actor(world.olga)):
        event = OutboxEvent.objects.order_by("id").last()
        record = AuditRecord.objects.order_by("id").last()
    assert event is not None
    assert record is not None
    assert (event.name, record.action) == ("ledger.period.withdrawn", "ledger.period.withdraw")
    assert event.payload["closes_on"] == record.metadata["closes_on"] == TODAY.isoformat()


def test_who_may(world: World) -> None:
    period = opened(world)
    late = period.ends_at + DAY
    with pytest.raises(PermissionDenied):
        close_period(actor=world.actor(world.bob), period_id=period.id, now=late)
    with pytest.raises(NotFound):
        close_period(actor=world.actor(world.charlie), period_id=period.id, now=late)
    with pytest.raises(NotFound):
        open_period(
            actor=world.actor(world.charlie),
            organization_id=world.acme.id,
            closes_on=TODAY,
            now=NOW,
        )
    close_period(actor=world.actor(world.olga), period_id=period.id, now=late)


def test_it_is_told(world: World) -> None:
    closed(world, opened(world))
    with reading(world.actor(world.olga)):
        names = list(OutboxEvent.objects.order_by("id").values_list("name", flat=True))
    assert names[-2:] == ["ledger.period.opened", "ledger.period.closed"]


def test_what_was_kept_stays(world: World) -> None:
    period = closed(world, opened(world))
    view(world.acme)
    refuses("42501", "UPDATE ledger_periodbalance SET closing_minor = 0")
    refuses("42501", "DELETE FROM ledger_periodbalance")
    reopened = "UPDATE ledger_period SET state = 'OPEN', closed_at = NULL WHERE id = %s"
    refuses("period_continues", reopened, period.id)


def test_closing_is_never_before_what_was_recorded(world: World) -> None:
    """Balances by effective time rely on it: see the migration `as_of`."""
    period = opened(world, closes_on=TODAY - DAY)
    period = close_period(actor=world.actor(world.alice), period_id=period.id, now=NOW)
    with reading(world.actor(world.alice)), connection.cursor() as cursor:
        cursor.execute("SELECT max(last_recorded_at) FROM ledger_ledgeraccount")
        (last,) = cursor.fetchone()
    assert period.closed_at is not None
    assert period.closed_at >= last


def test_every_zone_that_is_accepted_has_ends_of_days() -> None:
    """Whatever Python and PostgreSQL think of a zone's future: the trigger's condition holds."""
    days = [dt.date(2026, 2, 28), dt.date(2026, 7, 31), dt.date(2026, 11, 30)]
    with connection.cursor() as cursor:
        cursor.execute(_ZONES)
        zones = [name for (name,) in cursor.fetchall() if _taken(name)]
        for zone in zones:
            ends = [end_of_day(day, timezone=zone) for day in days]
            cursor.execute(
                "SELECT bool_and((e AT TIME ZONE %s)::date > d AND ((e - interval '1 microsecond')"
                " AT TIME ZONE %s)::date <= d) FROM unnest(%s, %s) AS t (e, d)",
                [zone, zone, ends, days],
            )
            assert cursor.fetchone() == (True,), zone
    assert len(zones) > 400
    assert {"America/Vancouver", "America/Winnipeg", "Pacific/Apia"} <= set(zones)


_ZONES = (
    "SELECT name FROM pg_timezone_names z WHERE NOT EXISTS (SELECT FROM pg_timezone_abbrevs a"
    " WHERE a.abbrev = z.name AND (a.is_dst OR a.utc_offset <> interval '0')) ORDER BY name"
)


def _taken(name: str) -> bool:
    try:
        return checked_timezone(name) == name
    except InvalidProfile:
        return False


def test_a_day_on_which_both_disagree_is_refused_by_name(world: World, monkeypatch) -> None:
    """As for a day that a zone never had."""
    late = dt.timedelta(hours=3)
    monkeypatch.setattr(periods, "end_of_day", lambda day, *, timezone: _noon(day) + late)
    with pytest.raises(PeriodEndUnusable):
        opened(world, closes_on=dt.date(2026, 11, 10))
    assert Period.objects.count() == 0


def _noon(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(12), dt.UTC)
