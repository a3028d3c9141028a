"""What gives power over money takes an app or a passkey that counts, and a network one is known on.

The table says for what, and the table is walked here, and so are the operations and staff pages:
one that is added asks for both, or is named below. The thief is in `test_mailbox_thief.py` here.
"""

from __future__ import annotations

import dataclasses
import functools
import uuid
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, reverse
from pytest_django import Settings

from accounts import policy
from accounts.choices import FactorMethod, PlatformRole, Role
from accounts.errors import FactorsLatelyReset, NetworkNotTrusted, SettledFactorRequired
from accounts.models import User
from accounts.permissions import ALL_OF_IT, PERMISSIONS
from accounts.services.erasing import shred_person
from accounts.services.factors.resetting import ask_for_factor_reset
from accounts.services.networks import from_known_network, require_known_network
from accounts.services.organizations import activate_organization
from accounts.services.pending_acts.registry import _KINDS
from accounts.services.sessions import open_browser_session, open_session
from api.schema.document import document
from audit.models import AuditRecord
from kernel import clock
from kernel.actor import Actor, ActorKind, Door
from kernel.errors import InvariantBroken
from kyc.errors import CaseNotFound
from kyc.services.reviewing import approve_case, withdraw_approval
from ledger.services.chart import rename_account
from ledger.services.periods import open_period
from tests.api.conftest import Caller
from tests.api.test_access import CALLERS, MATRIX, WRITES, things_of_acme
from tests.database import all_seeing, rolled_back
from tests.proof import proven, settle
from tests.security.test_fresh_proof import ASKS, EVERYDAY, LOOKS, OF_ONESELF
from tests.world import World
from wallets.services.wallets import close_wallet, suspend_wallet, unfreeze_wallet
from web.doors import SESSION_KEY

HOME, ELSEWHERE = "203.0.113.1", "198.51.100.9"
NO_ID = uuid.UUID(int=1)

# Only stops something, in whole or this part of it.
STOPS = {
    "suspend_organization",
    "withdraw_invitation",
    "remove_member",
    "end_member_sessions",
    "end_session",
    "reject_pending_act",
    "reject_case",
    "void_hold",
    "freeze_wallet",
    "suspend_wallet",
    "revoke_api_key",
    "pause_webhook_endpoint",
    "remove_webhook_endpoint",
}


# Of one's own account: takes a fresh factor, and what fits it (decision 47).
OF_THE_ACCOUNT = {
    "begin_totp",
    "begin_passkey",
    "change_password",
    "set_my_phone",
    "remove_my_phone",
    "reveal_account_number",
    "set_pin",
}


def person(
    *, role: Role | None = None, platform_role: PlatformRole | None = None, ip: str | None = None
) -> Actor:
    """Who proved something lately that does not count yet."""
    return Actor(
        kind=ActorKind.USER,
        door=Door.API,
        request_id="r",
        id=uuid.uuid4(),
        organization_id=uuid.uuid4() if role else None,
        role=role,
        platform_role=platform_role,
        ip=ip,
        proven_lately=True,
        proven_strongly=True,
    )


def everybody() -> list[tuple[str, Actor, bool]]:
    """Each permission, somebody who carries it, and whether they are of the platform."""
    found = []
    for name, row in PERMISSIONS.items():
        found += [(name, person(role=role), False) for role in row.roles]
        found += [(name, person(platform_role=role), True) for role in row.platform]
    return found


def test_every_permission_takes_a_factor_that_counts_unless_it_says_otherwise() -> None:
    for name, actor, platform in everybody():
        row = PERMISSIONS[name]
        looks = name.rpartition(".")[2].startswith("read") or name == "admin.open"
        usual = (row.everyday and not platform) or name.startswith("self.")
        asks = not looks and not usual and row.stops != ALL_OF_IT
        if not asks:
            policy.require(actor, name)
            continue
        with pytest.raises(SettledFactorRequired):
            policy.require(actor, name)
        policy.require(proven(actor), name)


def test_what_only_stops_something_never_does() -> None:
    for name, actor, _ in everybody():
        if PERMISSIONS[name].stops:
            policy.require(dataclasses.replace(actor, ip=ELSEWHERE), name, stopping=True)


def test_nobody_refuses_what_no_row_lets_them_refuse() -> None:
    with pytest.raises(InvariantBroken):
        policy.require(proven(person(role=Role.OWNER)), "api_keys.issue", stopping=True)


def test_every_act_that_waits_can_be_refused_from_anywhere() -> None:
    for kind in _KINDS.values():
        assert PERMISSIONS[kind.permission_to_check].stops, kind.name


def test_a_use_case_that_forgets_the_place_works_for_nobody_at_a_door() -> None:
    for name, actor, platform in everybody():
        row = PERMISSIONS[name]
        here = dataclasses.replace(proven(actor), ip=HOME)
        if row.moves_money or not policy.gives_power(name, platform=platform):
            policy.require(here, name)
            continue
        with pytest.raises(InvariantBroken):
            policy.require(here, name)
        policy.require(dataclasses.replace(here, place_judged=True), name)


@pytest.mark.django_db
def test_the_judgement_is_handed_on_and_the_refusal_is_on_record(world: World) -> None:
    @from_known_network("api_keys.issue")
    def use_case(*, actor: Actor, now: object) -> bool:
        policy.require(actor, "api_keys.issue_debit_any")
        return actor.place_judged

    alice = dataclasses.replace(world.actor(world.alice), ip=HOME)
    assert use_case(actor=alice, now=clock.now())
    with pytest.raises(NetworkNotTrusted):
        use_case(actor=dataclasses.replace(alice, ip=ELSEWHERE), now=clock.now())
    with all_seeing():
        refused = AuditRecord.objects.filter(action="accounts.network.refuse")
        assert [one.actor_id for one in refused] == [world.alice.id]


@pytest.mark.django_db
def test_staff_act_from_where_they_are_known_and_stop_from_anywhere(world: World) -> None:
    """What no operation of the API does."""
    now = clock.now()
    olga = dataclasses.replace(world.actor(world.olga), ip=HOME)
    require_known_network(actor=olga, now=now)
    away = dataclasses.replace(olga, ip=ELSEWHERE)
    wallet: dict[str, Any] = {"wallet_id": world.alice_wallet.id, "reason": "Stolen phone"}
    suspend_wallet(actor=away, now=now, **wallet)
    for act in (
        lambda: activate_organization(actor=away, organization_id=world.acme.id, now=now),
        lambda: unfreeze_wallet(actor=away, now=now, **wallet),
        lambda: close_wallet(actor=away, now=now, **wallet),
        lambda: approve_case(actor=away, case_id=NO_ID, reason="x", now=now),
        lambda: ask_for_factor_reset(actor=away, user_id=NO_ID, reason="x", now=now),
        lambda: shred_person(actor=away, user_id=NO_ID, now=now),
        lambda: rename_account(actor=away, account_id=NO_ID, name="x", now=now),
        lambda: open_period(
            actor=away, organization_id=world.acme.id, closes_on=now.date(), now=now
        ),
    ):
        with pytest.raises(NetworkNotTrusted):
            act()
    with pytest.raises(CaseNotFound):
        withdraw_approval(actor=away, case_id=NO_ID, reason="x", now=now)
    unfreeze_wallet(actor=olga, now=now, **wallet)


def token(world: World, user: User, *, settled: bool, ip: str = "127.0.0.1") -> str:
    """Of a session that proved an app just now, one that counts or one that does not yet."""
    actor = dataclasses.replace(world.actor(user), ip=ip)
    opened = open_session(actor=actor, now=clock.now(), second_factor=FactorMethod.TOTP)
    if settled:
        settle(opened.session_id)
    return opened.access


def unheld(
    world: World, who: str, caller: Caller, *, headers: dict[str, str], code: str
) -> list[str]:
    """The operations that would succeed, give power, and are not refused with this code."""
    targets, found, held = things_of_acme(world), [], 0
    usual = OF_ONESELF | OF_THE_ACCOUNT | STOPS | (EVERYDAY if who == "alice" else set())
    for name in WRITES:
        row = MATRIX[name]
        if row.statuses[CALLERS.index(who)] >= 400 or name in usual:
            continue
        with rolled_back():
            body = row.body(world, who) if row.body else None
            path = row.path.format(**targets)
            got = caller(row.method, path, body, key=f"power-{name}", headers=headers)
        if got.status >= 400 and got.code == code:
            held += 1
        else:
            found.append(f"{name} {got.status}")
        assert got.status < 400 or f"`{got.code}`" in described(name), (name, got.code)
    assert held > 5
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["alice", "olga"])
def test_no_operation_of_the_api_forgets_the_factor(world: World, who: str) -> None:
    caller = Caller(token(world, getattr(world, who), settled=False))
    found = unheld(world, who, caller, headers={}, code="settled_factor_required")
    assert found == []


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["alice", "olga"])
def test_no_operation_of_the_api_forgets_the_place(
    world: World, who: str, settings: Settings
) -> None:
    settings.VAULTCRAFT_PROXIES = 1
    caller = Caller(token(world, getattr(world, who), settled=True, ip=HOME))
    sent = {"X-Forwarded-For": ELSEWHERE}
    found = unheld(world, who, caller, headers=sent, code="network_not_trusted")
    assert found == []


@functools.cache
def descriptions() -> dict[str, str]:
    """What the OpenAPI document says that each operation answers with, in words."""
    operations = [one for path in document()["paths"].values() for one in path.values()]
    return {
        one["operationId"]: " ".join(answer["description"] for answer in one["responses"].values())
        for one in operations
        if isinstance(one, dict) and "operationId" in one
    }


def described(operation_id: str) -> str:
    return descriptions()[operation_id]


@pytest.mark.django_db
def test_the_document_says_what_each_operation_that_gives_power_takes(world: World) -> None:
    """By the permission that the operation itself names to who lacks it."""
    targets, seen = things_of_acme(world), set()
    for who in ("bob", "olga"):
        caller = Caller(token(world, getattr(world, who), settled=True))
        for name in WRITES:
            row = MATRIX[name]
            if row.statuses[CALLERS.index(who)] != 403:
                continue
            with rolled_back():
                body = row.body(world, who) if row.body else None
                path = row.path.format(**targets)
                got = caller(row.method, path, body, key=f"described-{name}")
            permission = got.data.get("facts", {}).get("permission")
            if permission and policy.gives_power(permission, platform=True):
                seen.add(permission)
                for error in (SettledFactorRequired, NetworkNotTrusted, FactorsLatelyReset):
                    assert f"`{error.code}`" in described(name), (name, permission, error)
    assert len(seen) > 15


# Pages of the staff site that only stop something, or ask for it.
STAFF_STOPS = {"sessions-end", "case-review", "wallet-status", "organization-status"}


@pytest.mark.django_db
def test_no_page_of_the_staff_site_forgets_the_factor(world: World) -> None:
    client = Client()
    opened = open_browser_session(
        actor=world.actor(world.olga), now=clock.now(), second_factor=FactorMethod.TOTP
    )
    session = client.session
    session[SESSION_KEY] = str(opened.id)
    session.save()
    own = [url for url in admin.site.get_urls() if isinstance(url, URLPattern)]
    names = [str(url.name) for url in own]
    led = []
    for name in names[: names.index("index")]:
        asked = {"change": POWERS.get(name, ""), "id": str(world.acme.id)}
        answer = client.post(reverse(f"admin:{name}"), asked)
        if not answer.headers.get("Location", "").startswith("/security/officers?next="):
            led.append(name)
    assert set(led) <= LOOKS | ASKS | STAFF_STOPS - set(POWERS)


POWERS = {"organization-status": "activate", "wallet-status": "unfreeze", "wallet-cash": "deposit"}
