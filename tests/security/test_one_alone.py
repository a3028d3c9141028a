"""One person alone, or somebody with their mailbox: what they must not reach by themselves.

Keys that move money, being rid of everybody else who could object, and switching checks on that
nobody independent could work.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, transaction

from accounts.errors import NobodyToCheck
from accounts.models import ApiKey, PendingAct, User
from accounts.services.api_keys import authenticate
from accounts.services.people import remove_member
from accounts.services.restoring import ask_to_restore
from accounts.services.sessions import end_sessions_of_person
from accounts.services.staff import close_staff_account, create_staff
from accounts.services.system_settings import set_setting
from accounts.system import STAFF_DUAL_CONTROL
from accounts.tests.builders import staff
from accounts.tests.letters import RESET, delivered
from kernel import clock
from kernel.actor import Door
from kernel.context import Context, entered
from kernel.crypto import hash_token
from kernel.errors import PermissionDenied
from kernel.ids import encode
from tests.api.conftest import Caller, token_of
from tests.database import all_seeing
from tests.web.conftest import Visit, visit  # noqa: F401 - a fixture
from tests.world import NOW, PASSWORD, World, colleague, takes_two
from wallets.services.wallets import freeze_wallet

pytestmark = pytest.mark.django_db

KEY = {"name": "Mine", "scopes": ["transfers:write"]}


def caller(world: World, user: User) -> Caller:
    return Caller(token_of(world, user))


def staff_takes_two(world: World) -> User:
    """Acts of staff take a second person; another super admin."""
    omar = staff(name="omar")
    set_setting(
        actor=world.signed_in(world.olga), name=STAFF_DUAL_CONTROL, value=True, now=clock.now()
    )
    return omar


def keys() -> int:
    with all_seeing():
        return ApiKey.objects.count()


def is_active(user: User) -> bool:
    with all_seeing():
        return User.objects.get(id=user.id).is_active


@pytest.mark.parametrize(
    "scope", ["cash:write", "wallets:debit-any", "transfers:write", "wallets:write"]
)
def test_one_of_the_staff_issues_no_key_that_moves_money(world: World, scope: str) -> None:
    staff_takes_two(world)
    ada, before = staff("admin", "ada"), keys()
    wanted = {
        **KEY,
        "scopes": [scope, "wallets:read"],
        "organization": encode("org", world.acme.id),
    }
    got = caller(world, ada).post("/api-keys", wanted)
    assert got.status == 202
    assert (got.data["pending_act"]["state"], keys()) == ("pending", before)
    reads = caller(world, ada).post("/api-keys", {**wanted, "scopes": ["wallets:read"]})
    assert reads.status == 201


@pytest.mark.parametrize("scope", ["transfers:write", "wallets:debit-any"])
def test_one_officer_issues_no_key_that_pays_where_officers_take_two(
    world: World, scope: str
) -> None:
    takes_two(world)
    before = keys()
    got = caller(world, world.alice).post("/api-keys", {**KEY, "scopes": [scope]})
    assert (got.status, keys()) == (202, before)
    own = caller(world, world.alice).post(
        f"/pending-acts/{got.data['pending_act']['id']}/agree", {}
    )
    assert own.code == "own_pending_act"


def test_the_page_issues_none_either(world: World, visit: Visit) -> None:  # noqa: F811
    takes_two(world)
    sent = {"key-name": "Mine", "key-scopes": "transfers:write"}
    before, answer = keys(), visit(world.alice).post("/organization/keys", sent)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/pending-acts/pac_")
    assert keys() == before


def test_one_owner_removes_or_demotes_no_officer_where_officers_take_two(world: World) -> None:
    olive = takes_two(world)
    alice = caller(world, world.alice)
    got = alice("DELETE", f"/members/{encode('usr', olive.id)}")
    assert (got.status, is_active(olive)) == (202, True)
    down = alice("PUT", f"/members/{encode('usr', olive.id)}", {"role": "viewer"})
    assert down.status == 202


def test_one_super_admin_closes_no_other(world: World) -> None:
    omar = staff_takes_two(world)
    done: Any = close_staff_account(
        actor=world.signed_in(world.olga), user_id=omar.id, now=clock.now()
    )
    assert isinstance(done, PendingAct)
    assert is_active(omar)


def test_staffs_checks_are_not_switched_on_with_ones_own_creature(world: World) -> None:
    create_staff(
        actor=world.signed_in(world.olga),
        email="eve@platform.test",
        full_name="Eve",
        platform_role="super_admin",
        password=PASSWORD,
        now=clock.now(),
    )
    with pytest.raises(NobodyToCheck):
        set_setting(
            actor=world.signed_in(world.olga), name=STAFF_DUAL_CONTROL, value=True, now=clock.now()
        )


def test_unfreezing_takes_a_fresh_proof_and_freezing_does_not(world: World) -> None:
    stale = Caller(token_of(world, world.alice, second_factor=None))
    path = f"/wallets/{encode('wal', world.acme_wallet.id)}"
    freeze_wallet(
        actor=world.actor(world.alice), wallet_id=world.acme_wallet.id, reason="x", now=NOW
    )
    got = stale.post(f"{path}/unfreeze", {"reason": "all is well"})
    assert (got.status, got.code) == (403, "step_up_required")


def test_who_asked_issues_the_key_once_and_only_who_asked(world: World) -> None:
    adam = takes_two(world)
    alice, checker = caller(world, world.alice), caller(world, adam)
    act = alice.post("/api-keys", KEY).data["pending_act"]["id"]
    assert alice.post("/api-keys", KEY).data["pending_act"]["id"] == act
    agreed = checker.post(f"/pending-acts/{act}/agree", {})
    assert (agreed.data["state"], agreed.data["result"]["type"]) == ("agreed", "api_key_permit")
    assert "vck_" not in agreed.body.decode()
    assert checker.post("/api-keys", KEY).status == 202  # of the one who agreed, it is a new wish
    assert alice.post("/api-keys", {**KEY, "name": "Another"}).status == 202
    given = alice.post("/api-keys", KEY)
    assert (given.status, given.data["name"]) == (201, "Mine")
    authenticate(
        secret=given.data["secret"], door=Door.API, request_id="r", ip=None, now=clock.now()
    )
    assert alice.post("/api-keys", KEY).status == 202  # it was for one key


def test_a_permit_lasts_a_day_and_not_beyond_the_session_it_was_asked_in(world: World) -> None:
    adam, asked = takes_two(world), clock.now()
    alice, checker = caller(world, world.alice), caller(world, adam)
    for name in ("Late", "Stolen"):
        act = alice.post("/api-keys", {**KEY, "name": name}).data["pending_act"]["id"]
        assert checker.post(f"/pending-acts/{act}/agree", {}).data["state"] == "agreed"
    with time_machine.travel(asked + dt.timedelta(hours=24, minutes=1), tick=False):
        late = caller(world, world.alice).post("/api-keys", {**KEY, "name": "Late"})
        assert late.status == 202
    checker("DELETE", f"/members/{encode('usr', world.alice.id)}/sessions")
    end_sessions_of_person(actor=world.actor(world.olga), user_id=world.alice.id, now=clock.now())
    again = caller(world, world.alice).post("/api-keys", {**KEY, "name": "Stolen"})
    assert again.status == 202


def test_the_page_of_the_act_issues_it_to_its_maker(world: World, visit: Visit) -> None:  # noqa: F811
    adam, browser = takes_two(world), visit(world.alice)
    sent = {"key-name": "Mine", "key-scopes": ["transfers:write", "wallets:read"]}
    page = browser.post("/organization/keys", sent).headers["Location"]
    assert "Issue the key" not in browser.get(page).content.decode()
    asked = visit(adam).get(page).content.decode()
    assert "Pays without a payer’s approval" in asked  # part of what is agreed to
    agreed = visit(adam).post(f"{page}/decide", {"decision": "agree"}, follow=True)
    assert "Agreed. Alice can issue the key now." in agreed.content.decode()
    seen = visit(adam).get(page).content.decode()
    assert ("Issue the key" in seen, "There is no key yet" in seen) == (False, True)
    assert "Issue the key" in browser.get(page).content.decode()
    issued = browser.post("/organization/keys", sent)
    assert "vck_test_" in issued.content.decode()
    used = browser.get(page).content.decode()
    assert ("Issue the key" in used, "The key was issued." in used) == (False, True)


def test_the_page_of_a_consent_says_when_its_day_has_passed(world: World, visit: Visit) -> None:  # noqa: F811
    adam, browser = takes_two(world), visit(world.alice)
    sent = {"key-name": "Late", "key-scopes": ["transfers:write"]}
    page = browser.post("/organization/keys", sent).headers["Location"]
    visit(adam).post(f"{page}/decide", {"decision": "agree"})
    with time_machine.travel(clock.now() + dt.timedelta(hours=24, minutes=1), tick=False):
        late = visit(world.alice).get(page).content.decode()
    assert ("Issue the key" in late, "not issued within a day" in late) == (False, True)


def test_of_staff_another_of_them_agrees(world: World) -> None:
    omar = staff_takes_two(world)
    ada = staff("admin", "ada")
    cash = {"name": "Bank", "scopes": ["cash:write"], "organization": encode("org", world.acme.id)}
    asks = caller(world, ada)
    act = asks.post("/api-keys", cash).data["pending_act"]["id"]
    assert caller(world, world.alice).post(f"/pending-acts/{act}/agree", {}).status == 404
    assert caller(world, omar).post(f"/pending-acts/{act}/agree", {}).data["state"] == "agreed"
    assert asks.post("/api-keys", cash).status == 201


@pytest.mark.parametrize("scope", ["cash:write", "transfers:write"])
def test_the_database_holds_it_too(world: World, scope: str) -> None:
    takes_two(world)
    staff_takes_two(world)
    issuer = world.alice if scope == "transfers:write" else world.olga
    for maker in (issuer, None):
        key = ApiKey(
            organization=world.acme,
            name="Mine",
            prefix="vck_test_x",
            secret_hash=hash_token(f"vck_test_{maker}"),
            scopes=[scope],
            created_by=maker,
            created_at=NOW,
        )
        view = Context(organizations=(world.acme.id,))
        with (
            pytest.raises(DatabaseError, match="takes a second person"),
            transaction.atomic(),
            entered(view),
        ):
            key.save(force_insert=True)


def test_who_is_removed_is_told_and_so_are_the_owners(world: World) -> None:
    takes_two(world)
    olive = colleague(world, "fay", "member")
    done: Any = remove_member(actor=world.actor(world.alice), user_id=olive.id, now=clock.now())
    assert isinstance(done, User)
    told = delivered(now=clock.now())
    said = "Somebody was removed from your organization"
    assert {f"{one}: {said}" for one in (olive.email, world.alice.email)} <= set(told)


def test_a_hijacked_organization_comes_back_by_two(world: World, visit: Visit) -> None:  # noqa: F811
    olive, omar = colleague(world, "olive", "owner"), staff(name="omar")
    remove_member(actor=world.actor(olive), user_id=world.alice.id, now=clock.now())
    assert not is_active(world.alice)
    browser = visit(world.olga)
    page = "/admin/people/restore/"
    assert "Alice" in browser.get(page, {"id": str(world.alice.id)}).content.decode()
    browser.post(page, {"id": str(world.alice.id), "role": "owner"})
    assert not is_active(world.alice)
    with all_seeing():
        act = PendingAct.objects.get(kind="accounts.restoration")
    got = caller(world, omar).post(f"/pending-acts/{encode('pac', act.id)}/agree", {})
    assert got.data["state"] == "agreed", got.data
    assert is_active(world.alice)
    told = delivered(now=clock.now())
    said = "Somebody has their role again"
    assert {f"{one.email}: {said}" for one in (world.alice, olive)} <= set(told)
    Caller().post("/auth/password/forgot", {"email": world.alice.email})
    assert f"{world.alice.email}: {RESET}" in delivered(now=clock.now())


def test_only_super_admins_restore(world: World, visit: Visit) -> None:  # noqa: F811
    ada = staff("admin", "ada")
    assert visit(ada).get("/admin/people/restore/").status_code == 403
    with pytest.raises(PermissionDenied):
        ask_to_restore(
            actor=world.signed_in(world.alice), user_id=world.bob.id, role="owner", now=NOW
        )


def test_two_super_admins_close_a_third_and_all_are_told(world: World) -> None:
    omar = staff_takes_two(world)
    ada = staff("admin", "ada")
    act: Any = close_staff_account(
        actor=world.signed_in(world.olga), user_id=ada.id, now=clock.now()
    )
    got = caller(world, omar).post(f"/pending-acts/{encode('pac', act.id)}/agree", {})
    assert (got.data["state"], is_active(ada)) == ("agreed", False)
    told = delivered(now=clock.now())
    said = "An account of the staff was closed"
    assert {f"{one.email}: {said}" for one in (ada, omar, world.olga)} <= set(told)


def test_a_moderator_is_closed_at_once(world: World) -> None:
    staff_takes_two(world)
    mo = staff("moderator", "mo")
    close_staff_account(actor=world.signed_in(world.olga), user_id=mo.id, now=clock.now())
    assert not is_active(mo)
