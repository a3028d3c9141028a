"""The pass over what was told of the books."""

from __future__ import annotations

import pytest

from tests.checker.conftest import Books, Vandal, places

POSTED = "name = 'ledger.transaction.posted'"


def found(vandal: Vandal) -> set[tuple[str, str, str]]:
    """Of this pass alone: rule and place."""
    return {place for place in places(vandal) if place[0] == "told"}


def test_books_that_are_told_are_sound(vandal: Vandal) -> None:
    [told] = [one for one in vandal.checked().passes if one.name == "told"]
    assert told.found == 0
    assert told.visited == vandal.run("SELECT count(*) FROM ledger_transaction")
    assert told.visited == vandal.run(f"SELECT count(*) FROM events_outboxevent WHERE {POSTED}")


AGAIN = """
    INSERT INTO events_outboxevent (id, name, version, organization_id, subject_id, payload,
        actor_kind, request_id, occurred_at)
    SELECT gen_random_uuid(), name, version, organization_id, subject_id, payload, actor_kind,
        request_id, occurred_at FROM events_outboxevent"""
TO_ANOTHER = (
    "UPDATE events_outboxevent SET organization_id ="
    " (SELECT id FROM accounts_organization WHERE slug = 'globex')"
)


def telling(field: str, value: str) -> str:
    """Another value in the payload."""
    return f"UPDATE events_outboxevent SET payload = jsonb_set(payload, '{{{field}}}', {value})"


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        ("DELETE FROM events_outboxevent", "transaction_told_once"),
        (AGAIN, "transaction_told_once"),
        ("UPDATE events_outboxevent SET organization_id = NULL", "transaction_told_to_its_own"),
        (TO_ANOTHER, "transaction_told_to_its_own"),
        (telling("entries,0,balance_minor", "'7'"), "transaction_told_as_entered"),
        (telling("entries", "(payload -> 'entries') - 0"), "transaction_told_as_entered"),
        (telling("kind", "'\"DEPOSIT\"'"), "transaction_told_as_recorded"),
        (telling("effective_at", "'\"2026-01-01T00:00:00Z\"'"), "transaction_told_as_recorded"),
        (
            "UPDATE events_outboxevent SET occurred_at = occurred_at + interval '1 second'",
            "transaction_told_as_recorded",
        ),
    ],
)
def test_what_was_told_otherwise_is_found(
    vandal: Vandal, books: Books, broken: str, rule: str
) -> None:
    vandal.run(f"{broken} WHERE {POSTED} AND subject_id = %s", books.paid)
    assert found(vandal) == {("told", rule, str(books.paid))}


def test_an_event_of_no_transaction_is_found(vandal: Vandal, books: Books) -> None:
    vandal.run("DELETE FROM ledger_transaction WHERE id = %s", books.paid)
    assert found(vandal) == {("told", "told_transaction_exists", str(books.paid))}


def test_what_was_posted_before_the_first_event_was_told_to_nobody(vandal: Vandal) -> None:
    vandal.run(
        f"DELETE FROM events_outboxevent o WHERE {POSTED} AND occurred_at <"
        f" (SELECT max(occurred_at) FROM events_outboxevent l WHERE {POSTED}"
        " AND l.organization_id = o.organization_id)"
    )
    assert found(vandal) == set()
    vandal.run(f"DELETE FROM events_outboxevent o WHERE {POSTED}")
    assert found(vandal) == set()


def test_what_the_outbox_let_go_of_is_no_finding(vandal: Vandal) -> None:
    """Of transactions, transfers and holds alike; and what is younger is missed as before."""
    middle = vandal.run(
        "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY created_at) FROM wallets_transfer"
    )
    vandal.run("UPDATE events_relaycursor SET forgotten_before = %s", middle)
    vandal.run("DELETE FROM events_outboxevent WHERE occurred_at < %s", middle)
    assert places(vandal) == set()
    vandal.run("DELETE FROM events_outboxevent")
    rules = {rule for _, rule, _ in places(vandal)}
    assert {"outcome_has_one_event", "hold_told_once"} <= rules
    vandal.run("UPDATE events_relaycursor SET forgotten_before = now() + interval '1 year'")
    assert places(vandal) == set()
