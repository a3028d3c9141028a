"""What the projection of balances makes of events, whatever order they come in."""

from __future__ import annotations

import datetime as dt
import random
import uuid

import pytest
from django.db import transaction

from kernel.context import Context, reading_as
from kernel.ids import new_id
from reporting.models import AccountClosing, AccountStanding
from reporting.queries import MOST_DAYS, daily_closings, standings
from reporting.tests.telling import ACME, GLOBEX, kept, posted
from tests.database import FORBIDDEN, all_seeing, refuses, run
from tests.world import NOW

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


def history(account: uuid.UUID) -> list:
    """Twenty entries in five days."""
    return [
        posted(account, number, number * 100, at=NOW + number * dt.timedelta(hours=6))
        for number in range(1, 21)
    ]


def contents() -> tuple[list, list]:
    with all_seeing():
        return (
            list(AccountStanding.objects.order_by("account_id").values_list()),
            list(AccountClosing.objects.order_by("account_id", "quarter").values_list()),
        )


def test_the_highest_version_stands() -> None:
    account = new_id()
    kept(events=[posted(account, 2, 200, at=NOW + DAY)])
    kept(events=[posted(account, 1, 100)])
    with all_seeing():
        standing = standings([account]).get()
    assert (standing.version, standing.balance_minor, standing.currency) == (2, 200, "INR")
    assert standing.changed_at == NOW + DAY
    assert standing.organization_id == ACME


@pytest.mark.parametrize("seed", range(3))
def test_order_repetition_and_batches_make_no_difference(seed: int) -> None:
    accounts = [new_id() for _ in range(3)]
    events = [event for account in accounts for event in history(account)]
    kept(events=events)
    before = contents()
    assert len(before[0]) == 3
    chance = random.Random(seed)
    again = events * 2
    chance.shuffle(again)
    twins = {account: new_id() for account in accounts}
    while again:
        batch, again = again[: (size := chance.randint(1, 7))], again[size:]
        kept(events=batch)
    assert contents() == before
    # And from nothing, in that order, under other names.
    shuffled = [posted_as(event, twins) for event in chance.sample(events, len(events))]
    for event in shuffled:
        kept(events=[event])
    standing, closing = contents()
    names = {twin: account for account, twin in twins.items()}
    assert sorted((names[r[0]], *r[1:]) for r in standing if r[0] in names) == sorted(before[0])
    assert len(closing) == 2 * len(before[1])


def posted_as(event, twins):
    entry = event.payload["entries"][0]
    twin = twins[uuid.UUID(entry["account_id"])]
    return posted(twin, entry["version"], entry["balance_minor"], at=event.occurred_at)


def test_one_transaction_of_two_accounts_and_two_entries_of_one() -> None:
    one, other = new_id(), new_id()
    first = posted(one, 1, 100)
    first.payload["entries"].extend(
        [
            {**first.payload["entries"][0], "account_id": str(other)},
            {**first.payload["entries"][0], "version": 2, "balance_minor": 60},
        ]
    )
    kept(events=[first])
    with all_seeing():
        shown = {row.account_id: row.balance_minor for row in standings([one, other])}
    assert shown == {one: 60, other: 100}


@pytest.mark.parametrize(
    ("timezone", "wanted"),
    [
        # 18:15 UTC is 23:45 in India, midnight in Nepal and noon in California.
        ("Asia/Kolkata", [0, 100, 300, 300]),
        ("Asia/Kathmandu", [0, 0, 300, 300]),
        ("America/Los_Angeles", [0, 300, 300, 300]),
    ],
)
def test_days_end_where_the_organization_is(timezone: str, wanted: list[int]) -> None:
    account = new_id()
    late = dt.datetime(2026, 11, 20, 18, 15, tzinfo=dt.UTC)
    kept(events=[posted(account, 1, 100, at=late)])
    kept(events=[posted(account, 2, 250, at=late + dt.timedelta(hours=6))])
    kept(events=[posted(account, 3, 300, at=late + dt.timedelta(hours=6, minutes=1))])
    with all_seeing():
        closings = daily_closings(
            account_ids=[account],
            timezone=timezone,
            first=dt.date(2026, 11, 19),
            last=dt.date(2026, 11, 22),
        )[account]
    assert [closing.balance_minor for closing in closings] == wanted
    assert closings[0].day == dt.date(2026, 11, 19)


def test_what_stood_before_the_first_day_is_where_it_begins() -> None:
    account, idle = new_id(), new_id()
    kept(events=[posted(account, 1, 700, at=NOW - 90 * DAY)])
    with all_seeing():
        found = daily_closings(
            account_ids=[account, idle],
            timezone="UTC",
            first=NOW.date() - 2 * DAY,
            last=NOW.date(),
        )
    assert [closing.balance_minor for closing in found[account]] == [700] * 3
    assert [closing.balance_minor for closing in found[idle]] == [0] * 3


@pytest.mark.parametrize("days", [-1, MOST_DAYS])
def test_no_longer_than_somebody_would_look_at(days: int) -> None:
    first = NOW.date()
    with all_seeing(), pytest.raises(ValueError, match="days"):
        daily_closings(account_ids=[], timezone="UTC", first=first, last=first + days * DAY)


def test_an_organization_sees_its_own_alone() -> None:
    ours, theirs = new_id(), new_id()
    kept(events=[posted(ours, 1, 100), posted(theirs, 1, 900, organization=GLOBEX)])
    with reading_as(Context(organizations=(ACME,))):
        assert [row.account_id for row in standings([ours, theirs])] == [ours]
        found = daily_closings(
            account_ids=[ours, theirs], timezone="UTC", first=NOW.date(), last=NOW.date()
        )
    assert [found[account][0].balance_minor for account in (ours, theirs)] == [100, 0]


STANDING = (
    "INSERT INTO reporting_accountstanding (account_id, organization_id, currency, version,"
    " balance_minor, changed_at) VALUES (gen_random_uuid(), '{acme}', 'INR', 1, 1, now())"
)
CLOSING = (
    "INSERT INTO reporting_accountclosing (account_id, quarter, organization_id, version,"
    " balance_minor) VALUES (gen_random_uuid(), now(), '{acme}', 1, 1)"
)


@pytest.mark.parametrize("statement", [STANDING, CLOSING, "DELETE FROM reporting_accountstanding"])
def test_no_organization_writes_what_it_is_told(statement: str) -> None:
    run("SELECT set_config('vaultcraft.organizations', %s, true)", f"{{{ACME}}}")
    refuses(FORBIDDEN, statement.format(acme=ACME))


def test_an_organization_changes_nothing_of_it() -> None:
    kept(events=[posted(new_id(), 1, 100)])
    with transaction.atomic():
        run("SELECT set_config('vaultcraft.organizations', %s, true)", f"{{{ACME}}}")
        assert run("UPDATE reporting_accountstanding SET balance_minor = 0") == 0
