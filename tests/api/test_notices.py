"""Notices over the API: what one is told, marking, counting, and choosing the channels."""

from __future__ import annotations

import pytest

from accounts.services.pins import set_pin
from notifications.tests.notice_scenes import mark, take_new
from tests.api.conftest import Caller, token_of
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
HERE = "/me/notifications"


@pytest.fixture
def paid(world: World) -> World:
    """Alice paid Charlie three times, and both were told."""
    since = mark()
    for amount_minor in (100_00, 200_00, 300_00):
        world.send(amount_minor=amount_minor)
    take_new(since)
    return world


@pytest.fixture
def alice(paid: World) -> Caller:
    return Caller(token_of(paid, paid.alice))


def test_the_newest_is_first_with_words_money_and_a_page(paid: World, alice: Caller) -> None:
    charlie = Caller(token_of(paid, paid.charlie))
    first = charlie.get(HERE).data["data"][0]
    assert first["title"] == "You received ₹300.00"
    assert first["money"] == {"amount_minor": 300_00, "currency": "INR", "display": "₹300.00"}
    assert (first["kind"], first["topic"], first["read_at"]) == ("money_received", "money_in", None)
    assert first["page"].endswith(f"/transfers/{first['subject']}")
    assert alice.get(HERE).data["data"][0]["title"] == "₹300.00 left your wallet"


def test_pages_have_no_gap_while_more_is_told(paid: World, alice: Caller) -> None:
    page = alice.get(f"{HERE}?limit=2").data
    since = mark()
    paid.send(amount_minor=400_00)
    take_new(since)
    older = alice.get(page["next"].partition("/api/v1")[2]).data
    titles = [row["title"] for row in [*page["data"], *older["data"]]]
    assert titles == [f"₹{amount}.00 left your wallet" for amount in (300, 200, 100)]
    assert not older["has_more"]


def test_reading_one_counts_down_and_twice_is_once(alice: Caller) -> None:
    newest = alice.get(HERE).data["data"][0]
    assert alice.get(f"{HERE}/unread-count").data == {"unread": 3}
    read = alice.post(f"{HERE}/{newest['id']}/read", {}).data
    assert read["read_at"] is not None
    assert alice.post(f"{HERE}/{newest['id']}/read", {}).data == read
    assert alice.get(f"{HERE}/unread-count").data == {"unread": 2}
    assert newest["id"] not in [row["id"] for row in alice.get(f"{HERE}?state=unread").data["data"]]
    assert [row["id"] for row in alice.get(f"{HERE}?state=read").data["data"]] == [newest["id"]]


def test_reading_all_stops_at_what_was_seen(alice: Caller) -> None:
    seen = alice.get(HERE).data["data"][1]["id"]
    assert alice.post(f"{HERE}/read-all", {"up_to": seen}).data == {"marked": 2}
    assert alice.post(f"{HERE}/read-all", {}).data == {"marked": 1}
    assert alice.get(f"{HERE}/unread-count").data == {"unread": 0}


def test_one_topic_is_found_below_any_number_of_others(paid: World) -> None:
    since = mark()
    set_pin(actor=paid.signed_in(paid.alice), pin="4938", now=NOW)
    take_new(since)
    since = mark()
    for _ in range(3):
        paid.send(amount_minor=1)
    take_new(since)
    alice = Caller(token_of(paid, paid.alice))
    assert {row["topic"] for row in alice.get(f"{HERE}?limit=3").data["data"]} == {"money_out"}
    (found,) = alice.get(f"{HERE}?topic=security&state=unread").data["data"]
    assert found["kind"] == "pin_set"
    marked = alice.post(f"{HERE}/read-all", {"topic": "money_out"}).data
    assert marked == {"marked": 6}
    assert alice.get(f"{HERE}?topic=security&state=unread").data["data"] == [found]
    assert alice.get(f"{HERE}?topic=weather").status == 400


def test_somebody_elses_is_not_there(paid: World, alice: Caller) -> None:
    hers = alice.get(HERE).data["data"][0]["id"]
    for other in (paid.bob, paid.charlie, paid.olga):
        assert Caller(token_of(paid, other)).post(f"{HERE}/{hers}/read", {}).status == 404
    assert alice.get(f"{HERE}/unread-count").data == {"unread": 3}
    assert Caller(paid.acme_key).get(HERE).data["data"] == []


def test_channels_are_chosen_topic_by_topic(alice: Caller) -> None:
    place = "/me/notification-preferences"
    before = {row["topic"]: row for row in alice.get(place).data["preferences"]}
    assert before["security"]["in_app_fixed"] is before["security"]["by_email_fixed"] is True
    assert before["payouts"]["by_email"] is True
    order = {"topic": "money_out", "in_app": False, "by_email": True}
    set_ = alice("PUT", place, order)
    assert (set_.status, set_.data["by_email"]) == (200, True)
    after = {row["topic"]: row for row in alice.get(place).data["preferences"]}
    assert {topic for topic in after if after[topic] != before[topic]} == {"money_out"}


@pytest.mark.parametrize(
    "order",
    [
        {"topic": "security", "in_app": False, "by_email": True},
        {"topic": "acts", "in_app": True, "by_email": False},
    ],
)
def test_what_is_always_on_stays_on(alice: Caller, order: dict[str, object]) -> None:
    got = alice("PUT", "/me/notification-preferences", order)
    assert (got.status, got.code) == (422, "channel_always_on")


def test_silencing_takes_a_fresh_proof(paid: World) -> None:
    """A thief of a session would turn off what tells its person."""
    stale = Caller(token_of(paid, paid.alice, second_factor=None))
    order = {"topic": "money_out", "in_app": False, "by_email": False}
    got = stale("PUT", "/me/notification-preferences", order)
    assert (got.status, got.code) == (403, "step_up_required")
