"""The sessions, devices and networks, and the pages that say where money waits."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.test import Client

from accounts.models import Device, User
from accounts.services.mail import deliver_due
from kernel import clock
from kernel.actor import Door, system
from kernel.context import Context, Scope, reading_as
from kernel.ids import encode
from tests.phones import code_mailed_to, give_phone
from tests.world import PASSWORD, World

pytestmark = pytest.mark.django_db

HOME, ELSEWHERE = "203.0.113.1", "198.51.100.9"


def signed_in(user: User, *, at: str = HOME, client: Client | None = None) -> Client:
    """By password and the code from the mailbox, or whatever of it is asked for."""
    client = client or Client(REMOTE_ADDR=at)
    answer = client.post("/sign-in", {"email": user.email, "password": PASSWORD})
    if answer.headers["Location"] == "/sign-in/second-step":
        proof = {"method_name": "email", "proof": code_mailed_to(user)}
        answer = client.post("/sign-in/second-step", proof)
    assert answer.status_code == 302, answer.content
    return client


def text(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def devices_of(user: User) -> list[Device]:
    with reading_as(Context(scope=Scope.PLATFORM)):
        return list(Device.objects.filter(user=user).order_by("id"))


def test_the_device_cookie_outlives_signing_out_and_is_recognized(world: World) -> None:
    client = signed_in(world.alice)
    cookie = client.cookies[settings.DEVICE_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert int(cookie["max-age"]) > 300 * 24 * 3600
    client.post("/sign-out")
    signed_in(world.alice, client=client)
    assert len(devices_of(world.alice)) == 1


def test_somebody_elses_cookie_makes_a_device_of_ones_own(world: World) -> None:
    client = signed_in(world.alice)
    stolen = client.cookies[settings.DEVICE_COOKIE_NAME].value
    other = Client(REMOTE_ADDR=HOME)
    other.cookies[settings.DEVICE_COOKIE_NAME] = stolen
    signed_in(world.charlie, client=other)
    assert other.cookies[settings.DEVICE_COOKIE_NAME].value != stolen
    assert len(devices_of(world.charlie)) == len(devices_of(world.alice)) == 1


def test_a_revoked_device_ends_its_sessions_and_its_cookie_is_worth_nothing(world: World) -> None:
    stolen, mine = signed_in(world.alice), signed_in(world.alice)
    device = devices_of(world.alice)[0]
    path = f"/security/devices/{encode('dev', device.id)}"
    refused = mine.post(f"{path}/trust", follow=True).content.decode()
    assert "used for a day" in refused
    assert "Trusted" not in refused
    assert mine.post(f"{path}/revoke").status_code == 302
    assert stolen.get("/").headers["Location"] == "/sign-in"
    signed_in(world.alice, client=stolen)
    assert len(devices_of(world.alice)) == 3


def test_a_factor_of_yesterday_trusts_a_device(world: World) -> None:
    phone, client = give_phone(world.alice, now=clock.now() - dt.timedelta(days=2)), Client()
    client.post("/sign-in", {"email": world.alice.email, "password": PASSWORD})
    proof = {"method_name": "totp", "proof": phone.code()}
    assert client.post("/sign-in/second-step", proof).headers["Location"] == "/"
    path = f"/security/devices/{encode('dev', devices_of(world.alice)[0].id)}"
    answer = client.post(f"{path}/trust", follow=True).content.decode()
    assert "is trusted" in answer
    assert "Trusted" in answer


def test_nobody_touches_what_is_not_theirs(world: World) -> None:
    alice, charlie = signed_in(world.alice), signed_in(world.charlie)
    device = encode("dev", devices_of(world.alice)[0].id)
    for path in (f"devices/{device}/revoke", f"devices/{device}/trust", "devices/nonsense/trust"):
        assert charlie.post(f"/security/{path}").status_code == 404
    assert alice.get("/security").status_code == 200


def test_signing_out_elsewhere_stops_every_other_browser(world: World) -> None:
    others, here = [signed_in(world.alice) for _ in range(2)], signed_in(world.alice)
    assert (
        "Signed out elsewhere: 2."
        in here.post("/security/sessions/end-others", follow=True).content.decode()
    )
    assert {one.get("/").status_code for one in others} == {302}
    assert here.get("/").status_code == 200


def test_elsewhere_the_send_page_says_when_and_offers_the_link(world: World) -> None:
    assert "not been on this network" not in text(signed_in(world.alice), "/send")
    away = signed_in(world.alice, at=ELSEWHERE)
    for path in ("/send", "/holds/new", "/security"):
        page = text(away, path)
        assert f"{ELSEWHERE}/32" in page
        assert "E-mail me a link" in page
    assert text(away, "/wallets").count("VC-")


def test_the_link_leads_to_a_button_and_the_button_opens_the_network(world: World) -> None:
    signed_in(world.alice)
    away = signed_in(world.alice, at=ELSEWHERE)
    assert away.post("/security/networks/link").status_code == 302
    mail.outbox.clear()
    deliver_due(actor=system(door=Door.TASK, request_id="t"), now=clock.now())
    letters = "\n".join(str(letter.body) for letter in mail.outbox)
    link = re.search(r"/networks/confirm/\S+", letters)
    assert link
    page = text(away, link.group())
    for shown in ("Was it you?", ELSEWHERE, "the one you are on now", "First seen", "Device"):
        assert shown in page, shown
    assert devices_of(world.alice)[-1].label in page
    assert "E-mail me a link" in text(away, "/send")  # looking confirms nothing
    assert Client().get(link.group()).headers["Location"].startswith("/sign-in")
    charlie = signed_in(world.charlie)
    for client, path in ((charlie, link.group()), (away, "/networks/confirm/nonsense")):
        answer = client.get(path)
        assert answer.status_code == 410
        assert "This link is no longer good" in answer.content.decode()
        assert "Yes, it was me" not in answer.content.decode()
    assert "was used" in charlie.post(f"{link.group()}/yes", follow=True).content.decode()
    assert "can be moved" in away.post(f"{link.group()}/yes", follow=True).content.decode()
    assert "E-mail me a link" not in text(away, "/send")


def test_a_session_is_shown_with_where_it_was_opened_and_where_it_is_used(world: World) -> None:
    mine, stolen = signed_in(world.alice), signed_in(world.alice)
    with time_machine.travel(clock.now() + dt.timedelta(minutes=2), tick=False):
        assert stolen.get("/", REMOTE_ADDR=ELSEWHERE).status_code == 200
        page = text(mine, "/security")
    assert f"opened from {HOME}" in page
    assert f"Last used from {ELSEWHERE}" in page


def test_the_organization_s_page_offers_the_link_where_its_officer_is_new(world: World) -> None:
    officer, viewer = signed_in(world.alice), signed_in(world.bob)
    offered = officer.get("/organization", REMOTE_ADDR=ELSEWHERE).content.decode()
    assert "E-mail me a link" in offered
    assert "and what guards it changes" in offered
    assert "E-mail me a link" not in text(officer, "/organization")
    shown = viewer.get("/organization", REMOTE_ADDR=ELSEWHERE).content.decode()
    assert "E-mail me a link" not in shown
