"""What sums and chains do not say: currencies, references, times, days, exponents, zones."""

from __future__ import annotations

import pytest

from ledger.checker import registered
from tests.checker.conftest import Books, Vandal, places

RULES_OF_TELLING = {
    ("events", "event_tells_terms"),
    ("evidence", "record_tells_terms"),
}


def of(vandal: Vandal, place: object) -> set[tuple[str, str]]:
    """Pass and rule of what is found; all of it is at one place."""
    found = places(vandal)
    assert {at for _, _, at in found} == {str(place)}
    return {(check, rule) for check, rule, _ in found}


@pytest.mark.parametrize(
    ("broken", "rule", "told"),
    [
        ("currency_id = 'USD'", "transfer_currency", True),
        ("reference = sha256('another')", "transfer_reference", False),
        ("completed_at = completed_at - interval '300 days'", "transfer_completed_at", False),
    ],
)
def test_a_transfer_that_is_not_its_movement(
    vandal: Vandal, books: Books, broken: str, rule: str, told: bool
) -> None:
    vandal.run(f"UPDATE wallets_transfer SET {broken} WHERE id = %s", books.reversed_transfer)
    found = of(vandal, books.reversed_transfer)
    assert found == {("transfers", rule), *(RULES_OF_TELLING if told else ())}


@pytest.mark.parametrize(
    "broken",
    [
        "created_at = created_at - interval '1 second'",
        "currency_id = 'USD'",
        "reason_code = 'destination_wallet_closed'",
        "fee_minor = fee_minor + 1",
    ],
)
def test_a_refusal_that_is_not_what_was_told(vandal: Vandal, books: Books, broken: str) -> None:
    transfer = vandal.run(
        f"UPDATE wallets_transfer SET {broken} WHERE state = 'FAILED' RETURNING id"
    )
    assert of(vandal, transfer) >= RULES_OF_TELLING


def test_events_that_tell_another_currency(vandal: Vandal, books: Books) -> None:
    vandal.run(
        "UPDATE events_outboxevent SET payload = jsonb_set(payload, '{currency}', '\"USD\"')"
        " WHERE subject_id = %s",
        books.reversed_transfer,
    )
    assert of(vandal, books.reversed_transfer) == {("events", "event_tells_terms")}


def test_an_organization_without_books(vandal: Vandal, books: Books) -> None:
    organization = vandal.run(
        "DELETE FROM ledger_books WHERE closed_before IS NULL RETURNING organization_id"
    )
    assert of(vandal, organization) == {("organizations", "organization_has_books")}


def test_a_currency_worth_a_hundred_times_more(vandal: Vandal, books: Books) -> None:
    vandal.run("UPDATE ledger_currency SET exponent = 0 WHERE code = 'INR'")
    assert of(vandal, "INR") == {("currencies", "currency_exponent")}


@pytest.mark.parametrize("broken", ["closes_on = closes_on - 50", "closes_on = closes_on + 1"])
def test_a_period_that_ends_on_another_day_than_it_says(
    vandal: Vandal, books: Books, broken: str
) -> None:
    period = vandal.run(
        f"UPDATE ledger_period SET {broken} WHERE id ="
        " (SELECT id FROM ledger_period ORDER BY ends_at LIMIT 1) RETURNING id"
    )
    assert of(vandal, period) == {("periods", "period_ends_with_its_day")}


def test_days_end_where_clocks_jump(vandal: Vandal, books: Books) -> None:
    """Midnight does not come in Beirut, the day after next follows in Samoa."""
    for zone, closes_on, ends_at in (
        ("Asia/Beirut", "2024-03-30", "2024-03-30 22:00+00"),
        ("America/Havana", "2024-11-02", "2024-11-03 04:00+00"),
        ("Pacific/Apia", "2011-12-29", "2011-12-30 10:00+00"),
        ("Pacific/Apia", "2011-12-30", "2011-12-30 10:00+00"),
    ):
        organization = vandal.run(
            "UPDATE ledger_period SET closes_on = %s, ends_at = %s WHERE id ="
            " (SELECT id FROM ledger_period ORDER BY closed_at, id LIMIT 1)"
            " RETURNING organization_id",
            closes_on,
            ends_at,
        )
        vandal.run(
            "UPDATE accounts_organization SET timezone = %s WHERE id = %s", zone, organization
        )
        vandal.run(
            "DELETE FROM ledger_period WHERE id <>"
            " (SELECT id FROM ledger_period ORDER BY closed_at, id LIMIT 1)"
        )
        assert "period_ends_with_its_day" not in {rule for _, rule, _ in places(vandal)}, zone


def test_a_zone_that_postgresql_does_not_know_stops_nobody(vandal: Vandal, books: Books) -> None:
    organization = vandal.run(
        "UPDATE accounts_organization SET timezone = 'localtime' WHERE id ="
        " (SELECT organization_id FROM ledger_ledgeraccount WHERE id = %s) RETURNING id",
        books.charlie,
    )
    assert of(vandal, organization) == {("organizations", "organization_timezone_known")}


def test_a_pass_that_fails_is_a_finding_and_the_others_look(vandal: Vandal, books: Books) -> None:
    vandal.run(
        "UPDATE events_outboxevent SET payload = jsonb_set(payload, '{amount_minor}', '\"much\"')"
        " WHERE subject_id = %s",
        books.reversed_transfer,
    )
    report = vandal.checked()
    (finding,) = report.findings
    assert (finding.check, finding.rule, finding.subject) == ("events", "pass_failed", "pass")
    assert finding.facts == {
        "error": 'invalid input syntax for type bigint: "much"',
        "sqlstate": "22P02",
    }
    assert [one.name for one in report.passes] == [one.name for one in registered()]
    assert {one.name for one in report.passes if not one.visited} == {"events"}
