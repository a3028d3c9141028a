"""Somewhere new the staff site says what waits, and mails the link that opens it."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.tests.letters import delivered
from kernel import clock
from tests.database import all_seeing
from tests.web.conftest import Visit
from tests.world import World

pytestmark = pytest.mark.django_db

HOME, ELSEWHERE = "203.0.113.1", "198.51.100.9"
FORM, BUTTON = 'action="/admin/networks/link/"', "E-mail me a link"
ADD = {
    "full_name": "Ada",
    "email": "ada@platform.test",
    "platform_role": "admin",
    "password": "correct horse battery",
}


def at_home(client: Client) -> Client:
    """The first network somebody is seen on is theirs."""
    client.post("/admin/networks/link/", REMOTE_ADDR=HOME)
    return client


def text(client: Client, path: str, at: str) -> str:
    return client.get(path, REMOTE_ADDR=at).content.decode()


@pytest.mark.parametrize("path", ["/admin/", "/admin/system/", "/admin/accounts/user/"])
def test_every_page_says_it_and_offers_the_link(world: World, visit: Visit, path: str) -> None:
    client = at_home(visit(world.olga))
    away = text(client, path, ELSEWHERE)
    assert f"{ELSEWHERE}/32" in away
    assert FORM in away
    assert BUTTON in away
    assert f'name="next" value="{path}"' in away
    assert BUTTON not in text(client, path, HOME)


def test_the_link_opens_what_was_refused(world: World, visit: Visit) -> None:
    client = at_home(visit(world.olga))
    path = "/admin/system/staff/add/"
    refused = client.post(path, ADD, REMOTE_ADDR=ELSEWHERE).content.decode()
    assert "not been on this network" in refused
    assert FORM in refused, "a form that is refused offers the way on, too"
    asked = client.post("/admin/networks/link/", {"next": "/admin/system/"}, REMOTE_ADDR=ELSEWHERE)
    assert asked.headers["Location"] == "/admin/system/"
    page = text(client, "/admin/system/", ELSEWHERE)
    assert "We mailed you a link" in page
    delivered(now=clock.now())
    mine = "".join(str(one.body) for one in mail.outbox if one.to == [world.olga.email])
    (token,) = re.findall(r"/networks/confirm/(\S+)", mine)
    confirm = reverse("web:network-confirm-post", args=[token])
    assert client.post(confirm, REMOTE_ADDR=HOME).status_code == 302
    assert BUTTON not in text(client, "/admin/system/", ELSEWHERE)
    assert client.post(path, ADD, REMOTE_ADDR=ELSEWHERE).status_code == 302
    with all_seeing():
        assert User.objects.filter(email=ADD["email"]).exists()


def test_a_second_link_waits_a_minute_and_leads_nowhere_else(world: World, visit: Visit) -> None:
    client = at_home(visit(world.olga))
    for wanted in ("https://evil.example/", "//evil.example/"):
        answer = client.post("/admin/networks/link/", {"next": wanted}, REMOTE_ADDR=ELSEWHERE)
        assert answer.headers["Location"] == "/"
    assert "A link was sent a moment ago" in text(client, "/admin/", ELSEWHERE)


def test_only_the_staff_site_s_own_people_ask_there(world: World, visit: Visit) -> None:
    assert visit(world.bob).post("/admin/networks/link/").status_code == 302
    assert Client().post("/admin/networks/link/").status_code == 302
    with all_seeing():
        assert not User.objects.get(id=world.bob.id).networks.filter(link_hash__isnull=False)
