"""Every link in a mail: whoever only opens it, by whatever method, changes nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from accounts.models import Invitation, MailedLink, Network, PinReset
from accounts.services.invitations import invite
from accounts.services.networks import send_network_link
from accounts.services.passwords import ask_for_password_reset
from accounts.services.pins import request_pin_reset
from accounts.services.sessions import open_browser_session
from accounts.tests.letters import delivered
from kernel import clock
from kernel.actor import Door, anonymous
from tests.approving import with_pin
from tests.database import all_seeing
from tests.web.conftest import Visit
from tests.web.test_gate import REGISTRATION
from tests.world import World

pytestmark = pytest.mark.django_db

OURS = "http://testserver"
NEW = "a wholly different phrase"


@dataclasses.dataclass(frozen=True)
class Link:
    """A link, who opens it, the form on its page, and whether it has been used."""

    client: Client
    path: str
    used: Callable[[], bool]
    form: dict[str, str]
    posted_to: str = ""


def mailed() -> str:
    """The path of the link in the newest mail."""
    delivered(now=clock.now())
    lines = str(mail.outbox[-1].body).splitlines()
    return next(one for one in lines if one.startswith(f"{OURS}/")).removeprefix(OURS)


def confirming(world: World, visit: Visit) -> Link:
    Client().post("/register", REGISTRATION)
    rows = MailedLink.objects.filter(user__email=REGISTRATION["email"], used_at__isnull=False)
    return Link(Client(), mailed(), rows.exists, {})


def resetting(world: World, visit: Visit) -> Link:
    stranger = anonymous(door=Door.WEB, request_id="test")
    ask_for_password_reset(actor=stranger, email=world.alice.email, now=clock.now())
    rows = MailedLink.objects.filter(
        user=world.alice, purpose="reset_password", used_at__isnull=False
    )
    return Link(Client(), mailed(), rows.exists, {"password": NEW})


def joining(world: World, visit: Visit) -> Link:
    invite(actor=world.actor(world.alice), email="ivy@acme.test", role="member", now=clock.now())
    rows = Invitation.objects.filter(email="ivy@acme.test", accepted_at__isnull=False)
    return Link(Client(), mailed(), rows.exists, {"full_name": "Ivy", "password": NEW})


def elsewhere(world: World, visit: Visit) -> Link:
    home = dataclasses.replace(world.actor(world.alice), ip="203.0.113.1")
    open_browser_session(actor=home, now=clock.now())
    away = dataclasses.replace(home, ip="203.0.113.99")
    send_network_link(actor=away, now=clock.now())
    rows = Network.objects.filter(prefix="203.0.113.99/32", confirmed_at__isnull=False)
    path = mailed()
    return Link(visit(world.alice), path, rows.exists, {}, f"{path}/yes")


def forgetting(world: World, visit: Visit) -> Link:
    request_pin_reset(actor=with_pin(world, world.alice), now=clock.now())
    rows = PinReset.objects.filter(user=world.alice, used_at__isnull=False)
    path, form = mailed(), {"pin": "8305", "again": "8305"}
    return Link(visit(world.alice), path, rows.exists, form, f"{path}/confirm")


@pytest.mark.parametrize("make", [confirming, resetting, joining, elsewhere, forgetting])
def test_opening_is_not_using(
    world: World, visit: Visit, make: Callable[[World, Visit], Link]
) -> None:
    """Programs that open the links of a mail ask by GET or HEAD, now and then twice."""
    link = make(world, visit)

    def used() -> bool:
        with all_seeing():
            return link.used()

    for _ in range(2):
        assert link.client.get(link.path).status_code == 200
        link.client.head(link.path)
    assert not used()
    posted: dict[str, Any] = link.form
    answer = link.client.post(link.posted_to or link.path, posted)
    assert answer.status_code == 302
    assert used()
    again = link.client.post(link.posted_to or link.path, posted)
    assert again.status_code in (302, 410, 422)
    if not link.posted_to:
        assert link.client.get(link.path).status_code == 410
