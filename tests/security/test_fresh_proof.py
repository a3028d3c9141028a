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
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, reverse

from accounts import policy
from accounts.choices import FactorMethod, PlatformRole, Role
from accounts.errors import StepUpRequired
from accounts.models import User
from accounts.proof import RECENTLY
from accounts.services.sessions import open_browser_session, open_session
from kernel import clock
from kernel.actor import Actor, ActorKind, Door
from kernel.ids import encode
from tests.api.conftest import Caller
from tests.api.test_access import MATRIX, WRITES, things_of_acme
from tests.proof import proven
from tests.world import World
from web.doors import SESSION_KEY

# Operations that answer without asking although their row in the matrix succeeds.
NOT_ASKED: dict[str, set[tuple[str, int]]] = {"alice": set(), "olga": set()}

LATE = RECENTLY + dt.timedelta(seconds=1)

# What an organization's owner does all day, by the operation's name; it also holds what needs no
# permission at all, as one's own factors, which ask by themselves (tests/api/test_second_factors).
EVERYDAY = frozenset(
    [
        "register",
        "sign_in",
        "refresh_tokens",
        "sign_out",
        "join",
        "answer_challenge",
        "step_up",
        "answer_step_up",
        "resend_code",
        "resend_code_to_sign_in",
        "request_password_reset",
        "reset_password",
        "confirm_email",
        "resend_confirmation",
        "end_own_session",
        "end_other_sessions",
        "trust_device",
        "rename_device",
        "revoke_device",
        "revoke_network",
        "send_network_link",
        "confirm_network",
        "revoke_api_key",
        "open_wallet",
        "freeze_wallet",
        "unfreeze_wallet",
        "close_wallet",
        "create_transfer",
        "create_batch",
        "rehearse_transfer",
        "rehearse_batch",
        "reverse_transfer",
        "rehearse_reversal_of_transfer",
        "place_hold",
        "capture_hold",
        "void_hold",
        "rehearse_hold",
        "approve",
        "withdraw_pending_act",
    ]
)


@pytest.mark.parametrize("door", [Door.API, Door.WEB, Door.ADMIN])
def test_every_permission_to_change_something_asks_unless_it_is_everyday(door: Door) -> None:
    for name, row in policy.PERMISSIONS.items():
        for role in row.roles:
            person = _person(door, role=role)
            _asks(person, name, asks=policy.takes_fresh_proof(name, platform=False))
        for platform_role in row.platform:
            person = _person(door, platform_role=platform_role)
            _asks(person, name, asks=policy.takes_fresh_proof(name, platform=True))


def test_staff_with_a_mailed_code_read_and_do_nothing_else() -> None:
    for name, row in policy.PERMISSIONS.items():
        if PlatformRole.SUPER_ADMIN not in row.platform:
            continue
        actor = _person(Door.API, platform_role=PlatformRole.SUPER_ADMIN)
        mailed = dataclasses.replace(actor, proven_lately=True)
        looks = name.rpartition(".")[2].startswith("read") or name == "admin.open"
        _asks(mailed, name, asks=not looks)


def _asks(person: Actor, permission: str, *, asks: bool) -> None:
    if not asks:
        policy.require(person, permission)
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
def test_no_operation_of_the_api_forgets_to_ask(world: World) -> None:
    """Each that would succeed with a fresh proof asks for one, for the owner and for staff."""
    targets = things_of_acme(world)
    for person, column, name_of in ((world.alice, 3, "alice"), (world.olga, 4, "olga")):
        caller, forgetful = Caller(stale_token(world, person)), []
        for name in WRITES:
            row = MATRIX[name]
            if row.statuses[column] >= 400 or (name in EVERYDAY and person is world.alice):
                continue
            body = row.body(world, name_of) if row.body else None
            with transaction.atomic():
                got = caller(row.method, row.path.format(**targets), body, key=f"stale-{name}")
                transaction.set_rollback(True)
            if got.code != "step_up_required":
                forgetful.append((name, got.status))
        assert set(forgetful) <= NOT_ASKED[name_of], forgetful


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
LOOKS = {"trial-balance", "pending-acts", "pending-act-decide"}


@pytest.mark.django_db
def test_no_page_of_the_staff_site_forgets_to_ask(world: World) -> None:
    client = stale_browser(world, world.olga)
    own = [url for url in admin.site.get_urls() if isinstance(url, URLPattern)]
    names = [str(url.name) for url in own][: _own_pages(own)]
    assert "wallet-cash" in names
    forgetful = []
    for name in names:
        if name in LOOKS:
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
