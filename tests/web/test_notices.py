"""Notices on the dashboard: the count in the frame, the list, reading, and choosing."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from accounts.services.pins import set_pin
from notifications.tests.notice_scenes import mark, take_new, told
from tests.web.conftest import Visit
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
HERE = "/notifications"


@pytest.fixture
def alice(world: World, visit: Visit) -> Client:
    """Alice, who was told of two payments."""
    since = mark()
    for _ in range(2):
        world.send()
    take_new(since)
    return visit(world.alice)


def text_of(client: Client, place: str) -> str:
    return client.get(place).content.decode()


def test_nothing_to_tell_yet(world: World, visit: Visit):
    page = text_of(visit(world.bob), HERE)
    assert "Nothing to tell yet" in page
    assert "Mark all as read" not in page
    assert 'class="count"' not in page


def test_every_page_says_how_much_is_unread(alice: Client):
    for place in ("/", "/wallets", HERE):
        assert 'aria-label="Notifications, 2 unread"' in text_of(alice, place)


def test_opening_one_marks_it_and_leads_there(world: World, alice: Client):
    (address, *_) = re.findall(r'action="(/notifications/ntf_\w+/open)"', text_of(alice, HERE))
    got = alice.post(address)
    assert got.status_code == 302
    assert got.headers["Location"].startswith("/transfers/trf_")
    assert alice.get(got.headers["Location"]).status_code == 200
    assert 'aria-label="Notifications, 1 unread"' in text_of(alice, "/")
    assert sorted(row.read_at is None for row in told(world.alice)) == [False, True]


def test_marking_one_stays_on_the_list(alice: Client):
    (address, *_) = re.findall(r'action="(/notifications/ntf_\w+/read)"', text_of(alice, HERE))
    assert alice.post(address).headers["Location"] == HERE
    assert text_of(alice, HERE).count("told-new") == 1
    assert text_of(alice, f"{HERE}?show=unread").count("told-new") == 1


def test_all_read_is_all_that_was_drawn(world: World, alice: Client):
    (seen,) = re.findall(r'name="up_to" value="(\w+)"', text_of(alice, HERE))
    since = mark()
    world.send()
    take_new(since)
    page = alice.post(f"{HERE}/read-all", {"up_to": seen}, follow=True).content.decode()
    assert "Marked as read: 2." in page
    assert page.count("told-new") == 1
    alice.post(f"{HERE}/read-all")
    assert "You have read everything" in text_of(alice, f"{HERE}?show=unread")


def test_security_is_named_above_whatever_else_there_is(world: World, visit: Visit):
    since = mark()
    set_pin(actor=world.signed_in(world.alice), pin="4938", now=NOW)
    for _ in range(26):
        world.send(amount_minor=1_00)
    take_new(since)
    client = visit(world.alice)
    page = text_of(client, HERE)
    assert "Your transaction PIN is another now" not in page
    assert "One notice about your security you have not read" in page
    found = text_of(client, f"{HERE}?topic=security&show=unread")
    assert "Your transaction PIN is another now" in found
    assert "you have not read" not in found


def test_clearing_one_topic_leaves_the_others(world: World, visit: Visit):
    since = mark()
    set_pin(actor=world.signed_in(world.alice), pin="4938", now=NOW)
    world.send()
    take_new(since)
    client = visit(world.alice)
    rows = client.get(f"{HERE}?topic=money_out", headers={"HX-Request": "true"}).content.decode()
    assert rows.count("told-new") == 1
    assert 'id="read-all" hx-swap-oob="true"' in rows
    given = dict(re.findall(r'name="(up_to|topic)" value="(\w+)"', rows))
    assert given["topic"] == "money_out"
    page = client.post(f"{HERE}/read-all", given, follow=True).content.decode()
    assert "Marked as read: 1." in page
    assert "One notice about your security you have not read" in page
    assert "Nothing about this" in text_of(client, f"{HERE}?topic=payouts")


def test_pages_turn(world: World, visit: Visit):
    since = mark()
    for _ in range(27):
        world.send(amount_minor=1_00)
    take_new(since)
    client = visit(world.alice)
    page = text_of(client, HERE)
    assert page.count("told-new") == 25
    (older,) = re.findall(r'rel="next" href="([^"]+)"', page)
    assert text_of(client, older.replace("&amp;", "&")).count("told-new") == 2


def test_what_is_fixed_cannot_be_unchecked(alice: Client):
    page = text_of(alice, f"{HERE}/preferences")
    fixed = re.findall(r'name="(\w+-\w+)" checked disabled', page)
    assert set(fixed) == {
        "security-in_app",
        "security-email",
        "acts-email",
        "verification-email",
    }


def test_a_choice_is_kept(alice: Client):
    given = {"money_in-in_app": "on", "money_in-email": "on"}
    page = alice.post(f"{HERE}/preferences/save", given, follow=True).content.decode()
    assert "It holds from now on." in page
    checked = set(re.findall(r'name="(\w+-\w+)" checked>', page))
    assert checked == {"money_in-in_app", "money_in-email"}


def test_silencing_leads_to_a_proof_first(world: World, visit: Visit):
    client = visit(world.alice, second_factor=None)
    got = client.post(f"{HERE}/preferences/save", {})
    assert got.headers["Location"].startswith("/step-up")


def test_an_id_that_is_none_is_not_found(alice: Client):
    for place in ("x/open", "x/read"):
        assert alice.post(f"{HERE}/{place}").status_code == 404
    assert alice.get(f"{HERE}?before=x").status_code == 404
