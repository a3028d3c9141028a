"""Sensitive acts take a second factor proven within ten minutes, through every door.

The table says for which: a permission that changes something takes a fresh proof unless it says
that it is everyday. Here the table is walked, and so are the operations, forms and staff pages: one
that is added has to ask, or to be named below.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, reverse

from accounts import policy
from accounts.choices import FactorMethod, PlatformRole, Role
from accounts.errors import StepUpRequired
from accounts.models import User
from accounts.permissions import PERMISSIONS
from accounts.proof import RECENTLY
from accounts.services.sessions import open_browser_session, open_session
from kernel import clock
from kernel.actor import Actor, ActorKind, Door
from kernel.ids import encode
from tests.api.conftest import Caller
from tests.api.test_access import CALLERS, MATRIX, WRITES, things_of_acme
from tests.database import rolled_back
from tests.proof import proven
from tests.world import World
from web.doors import SESSION_KEY

LATE = RECENTLY + dt.timedelta(seconds=1)

# Needs no permission, or one to look: about oneself (what is sensitive of it takes `self.*`, see
# tests/architecture/test_own_acts), and what only foretells.
OF_ONESELF = {
    "register",
    "sign_in",
    "step_up",
    "forgot_password",
    "resend_confirmation",
    "sign_out",
    "join",
    "find_members",
    "end_own_session",
    "end_other_sessions",
    "rename_own_device",
    "revoke_own_device",
    "trust_own_device",
    "mark_notification_read",
    "mark_all_notifications_read",
    "set_notification_preference",
    "revoke_own_network",
    "send_network_link",
    "challenge_to_approve",
    "give_approval",
    "withdraw_pending_act",
    "create_transfer_batch",  # answers for each item; staff may send none
    "rehearse_transfer",
    "rehearse_transfer_batch",
    "rehearse_hold",
    "rehearse_capture",
    "rehearse_reversal",
    "rehearse_deposit",
    "rehearse_withdrawal",
}
# What the table calls everyday for people of an organization; never for the platform's staff.
EVERYDAY = {
    "save_verification",
    "submit_verification",
    "upload_verification_document",
    "withdraw_verification_document",
    "revoke_api_key",
    "create_payout",
    "open_wallet",
    "freeze_wallet",
    "close_wallet",
    "create_transfer",
    "reverse_transfer",
    "place_hold",
    "capture_hold",
    "void_hold",
}


@pytest.mark.parametrize("door", [Door.API, Door.WEB, Door.ADMIN])
def test_every_permission_to_change_something_asks_unless_it_is_everyday(door: Door) -> None:
    for name, row in PERMISSIONS.items():
        for role in row.roles:
            person = _person(door, role=role)
            _asks(person, name, asks=policy.takes_fresh_proof(name, platform=False))
        for platform_role in row.platform:
            person = _person(door, platform_role=platform_role)
            _asks(person, name, asks=policy.takes_fresh_proof(name, platform=True))


def _asks(person: Actor, permission: str, *, asks: bool) -> None:
    if not asks:
        # Reading takes staff a strong factor, of however long ago: test_staff_by_mail.
        policy.require(dataclasses.replace(person, proven_strongly=True), permission)
        return
    with pytest.raises(StepUpRequired):
        policy.require(person, permission)
    policy.require(proven(person), permission)


def _person(
    door: Door, *, role: Role | None = None, platform_role: PlatformRole | None = None
) -> Actor:
    return Actor(
        kind=ActorKind.USER,
        door=door,
        request_id="r",
        id=uuid.uuid4(),
        organization_id=uuid.uuid4() if role else None,
        role=role,
        platform_role=platform_role,
    )


def stale_token(world: World, user: User) -> str:
    """Of a session whose person proved an app too long ago."""
    then = clock.now() - LATE
    actor = world.actor(user)
    return open_session(actor=actor, now=then, second_factor=FactorMethod.TOTP).access


def stale_browser(world: World, user: User) -> Client:
    """The same in a browser."""
    client, then = Client(), clock.now() - LATE
    opened = open_browser_session(
        actor=world.actor(user), now=then, second_factor=FactorMethod.TOTP
    )
    session = client.session
    session[SESSION_KEY] = str(opened.id)
    session.save()
    return client


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["alice", "olga"])
def test_no_operation_of_the_api_forgets_to_ask(world: World, who: str) -> None:
    """Each that would succeed with a fresh proof asks for one, for the owner and for staff."""
    person, targets = getattr(world, who), things_of_acme(world)
    unasked = OF_ONESELF | EVERYDAY if who == "alice" else OF_ONESELF
    caller = Caller(stale_token(world, person))
    asked: list[str] = []
    forgetful: list[str] = []
    for name in WRITES:
        row = MATRIX[name]
        if row.statuses[CALLERS.index(who)] >= 400 or name in unasked:
            continue
        with rolled_back():
            body = row.body(world, who) if row.body else None
            got = caller(row.method, row.path.format(**targets), body, key=f"stale-{name}")
        asks = got.status == 403 and got.code == "step_up_required"
        (asked if asks else forgetful).append(name)
    assert not forgetful
    assert {"alice": "invite_member", "olga": "suspend_organization"}[who] in asked


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "data"),
    [
        ("/organization/invitations", {"invite-email": "x@acme.test", "invite-role": "owner"}),
        ("/organization/people/{bob}/role", {"role": "admin"}),
        ("/organization/people/{bob}/remove", {}),
        ("/organization/people/{bob}/sign-out", {}),
        ("/organization/keys", {"key-name": "X", "key-scopes": "wallets:read"}),
        ("/organization/dual-control", {"policy-roles": "on"}),
        (
            "/organization/dual-control/thresholds",
            {"threshold-currency": "INR", "threshold-amount": "9"},
        ),
        (
            "/organization/house",
            {"house-timezone": "Asia/Kolkata", "house-per_kind": "2"},
        ),
        (
            "/organization/fees",
            {"fee-kind": "transfer", "fee-currency": "INR", "fee-fixed": "1"},
        ),
        (
            "/organization/partners",
            {"cap-destination": "{charlie}", "cap-currency": "INR", "cap-amount": "1"},
        ),
    ],
)
def test_no_form_of_the_organization_forgets_to_ask(
    world: World, address: str, data: dict[str, str]
) -> None:
    names = {"bob": encode("usr", world.bob.id), "charlie": world.charlie_wallet.handle}
    sent = {name: value.format(**names) for name, value in data.items()}
    answer = stale_browser(world, world.alice).post(
        address.format(**names), sent, headers={"Referer": "http://testserver/organization?x=1"}
    )
    assert answer.status_code == 302, answer.content.decode()[:2000]
    assert answer.headers["Location"] == "/step-up?next=%2Forganization%3Fx%3D1"


# Pages of the staff site that only show something.
LOOKS = {"trial-balance", "backbone", "sagas", "pending-acts", "pending-act-decide", "system"}
# As `send_network_link` of the API: it goes to the mailbox, and opens nothing by itself.
ASKS = {"network-link"}


@pytest.mark.django_db
def test_no_page_of_the_staff_site_forgets_to_ask(world: World) -> None:
    client = stale_browser(world, world.olga)
    own = [url for url in admin.site.get_urls() if isinstance(url, URLPattern)]
    names = [str(url.name) for url in own][: _own_pages(own)]
    assert "wallet-cash" in names
    forgetful = []
    for name in names:
        if name in LOOKS | ASKS:
            continue
        asked = {"change": CHANGES.get(name, ""), "id": str(world.acme.id)}
        answer = client.post(reverse(f"admin:{name}"), asked)
        if not answer.headers.get("Location", "").startswith("/step-up?next="):
            forgetful.append((name, answer.status_code))
    assert not forgetful


CHANGES = {
    "organization-status": "suspend",
    "wallet-status": "freeze",
    "wallet-cash": "deposit",
    "case-review": "refuse",
}


def _own_pages(urls: list[URLPattern]) -> int:
    """Ours stand before Django's, of which the index is the first."""
    return next(place for place, url in enumerate(urls) if url.name == "index")
