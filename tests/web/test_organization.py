"""The organization page: people, invitations, keys."""

import re
import uuid

import pytest
from django.test import Client
from django.utils.html import escape

from accounts.models import ApiKey, Invitation, User
from accounts.policy import exemptions_of
from kernel.actor import Actor
from kernel.ids import encode
from tests.database import all_seeing
from tests.keys import issue
from tests.web.conftest import Visit
from tests.world import NOW, PASSWORD, World

pytestmark = pytest.mark.django_db


def test_an_invitation_link_is_shown_once_and_works(world: World, visit: Visit):
    client = visit(world.alice)
    form = {"invite-email": "esha@acme.test", "invite-role": "member"}
    text = client.post("/organization/invitations", form).content.decode()
    found = re.search(r'data-copy="http://testserver(/join/[^"]+)"', text)
    assert found
    assert found[1] not in client.get("/organization").content.decode()
    joined = Client().post(found[1], {"full_name": "Esha Rao", "password": PASSWORD})
    assert joined.headers["Location"] == "/"


def test_the_link_of_an_officer_is_never_shown(world: World, visit: Visit):
    form = {"invite-email": "esha@acme.test", "invite-role": "finance"}
    answer = visit(world.alice).post("/organization/invitations", form, follow=True)
    assert "The link is on its way to esha@acme.test." in answer.content.decode()
    assert "/join/" not in answer.content.decode()


def test_a_colleague_is_signed_out_everywhere(world: World, visit: Visit):
    theirs = visit(world.bob)
    assert theirs.get("/").status_code == 200
    place = f"/organization/people/{encode('usr', world.bob.id)}/sign-out"
    answer = visit(world.alice).post(place, follow=True)
    assert "1 session is ended" in answer.content.decode()
    assert theirs.get("/").headers["Location"] == "/sign-in"


def test_staff_sign_somebody_out_everywhere(world: World, visit: Visit):
    theirs, staff = visit(world.bob), visit(world.olga)
    ticked = {"action": "end_sessions", "_selected_action": [str(world.bob.id)]}
    led = staff.post("/admin/accounts/user/", ticked).headers["Location"]
    assert led == f"/admin/people/end-sessions/?id={world.bob.id}"
    assert "End all sessions" in staff.get(led).content.decode()
    staff.post("/admin/people/end-sessions/", {"id": str(world.bob.id)})
    assert theirs.get("/").headers["Location"] == "/sign-in"


def test_an_invitation_can_be_withdrawn(world: World, visit: Visit):
    client = visit(world.alice)
    client.post("/organization/invitations", {"invite-email": "e@a.test", "invite-role": "member"})
    [row] = client.get("/organization").context["invitations"]
    client.post(row["withdraw_url"])
    with all_seeing():
        assert Invitation.objects.get(email="e@a.test").withdrawn_at is not None


def test_a_key_says_what_its_scopes_spare_it(world: World, visit: Visit):
    pays = issue_key(world.actor(world.alice), "transfers:write")
    cash = issue_key(world.actor(world.olga), "cash:write", home=world.acme.id)
    text = visit(world.alice).get("/organization").content.decode()
    for words in (pays, cash):
        assert f"<br>{words}.<br>Not used yet</span>" in text
    listed = visit(world.olga).get("/admin/accounts/apikey/").content.decode()
    assert f'class="field-exempt_from">{pays}</td>' in listed
    assert f'class="field-exempt_from">{cash}</td>' in listed


def issue_key(actor: Actor, scope: str, *, home: uuid.UUID | None = None) -> str:
    """A key with one scope; what a person is told that it is spared, as HTML."""
    issue(actor=actor, name=scope, scopes=[scope], organization_id=home, now=NOW)
    [exemption] = exemptions_of([scope])
    return escape(exemption.label)


def test_a_key_is_shown_once_and_can_be_revoked(world: World, visit: Visit):
    client = visit(world.alice)
    form = {"key-name": "Payouts", "key-scopes": ["wallets:read"]}
    text = client.post("/organization/keys", form).content.decode()
    found = re.search(r'data-copy="(vck_test_[^"]+)"', text)
    assert found
    again = client.get("/organization")
    assert found[1] not in again.content.decode()
    row = next(row for row in again.context["keys"] if row["name"] == "Payouts")
    client.post(row["revoke_url"])
    with all_seeing():
        assert ApiKey.objects.get(name="Payouts").revoked_at is not None


def test_a_key_needs_a_scope(world: World, visit: Visit):
    answer = visit(world.alice).post("/organization/keys", {"key-name": "Nothing"})
    assert answer.status_code == 400
    assert answer.context["key_form"].errors["scopes"]


def test_cash_is_no_scope_for_an_owner(world: World, visit: Visit):
    form = {"key-name": "Cash", "key-scopes": ["cash:write"]}
    assert visit(world.alice).post("/organization/keys", form).status_code == 400
    with all_seeing():
        assert not ApiKey.objects.filter(name="Cash").exists()


def test_debiting_anybody_is_a_scope_for_an_owner_only(world: World, visit: Visit):
    with all_seeing():
        joined = User.objects.create(
            email="adam@acme.test",
            full_name="Adam",
            organization=world.acme,
            role="admin",
            created_at=NOW,
        )
    form = {"key-name": "Mine", "key-scopes": ["wallets:debit-any"]}
    assert visit(joined).post("/organization/keys", form).status_code == 400
    with all_seeing():
        assert not ApiKey.objects.filter(name="Mine").exists()
    assert visit(world.alice).post("/organization/keys", form).status_code == 200
    with all_seeing():
        assert ApiKey.objects.filter(name="Mine").exists()


def test_a_viewer_sees_people_and_changes_nothing(world: World, visit: Visit):
    client = visit(world.bob)
    page = client.get("/organization")
    assert [row["name"] for row in page.context["members"]] == ["Alice", "Bob"]
    assert "invite_form" not in page.context
    assert page.context["keys"] == []
    form = {"invite-email": "x@acme.test", "invite-role": "viewer"}
    assert client.post("/organization/invitations", form).status_code == 403
    with all_seeing():
        assert not Invitation.objects.filter(email="x@acme.test").exists()


def test_another_organization_s_key_cannot_be_revoked(world: World, visit: Visit):
    with all_seeing():
        key = ApiKey.objects.get(organization=world.acme)
    visit(world.charlie).post(f"/organization/keys/{encode('key', key.id)}/revoke")
    with all_seeing():
        key.refresh_from_db()
    assert key.revoked_at is None


def test_a_role_changes_and_counts_at_once(world: World, visit: Visit):
    owner, bob = visit(world.alice), visit(world.bob)
    place = f"/organization/people/{encode('usr', world.bob.id)}"
    assert bob.get("/send").status_code == 403
    owner.post(f"{place}/role", {"role": "member"})
    assert bob.get("/send").status_code == 200
    owner.post(f"{place}/remove")
    assert bob.get("/").status_code == 302


def test_the_last_owner_stays_and_strangers_change_nobody(world: World, visit: Visit):
    own = f"/organization/people/{encode('usr', world.alice.id)}"
    text = visit(world.alice).post(f"{own}/remove", follow=True).content.decode()
    assert "at least one owner" in text
    for person in (world.bob, world.charlie):
        visit(person).post(f"{own}/role", {"role": "viewer"})
    with all_seeing():
        world.alice.refresh_from_db()
    assert world.alice.role == "owner"


def test_both_sides_state_a_cap_before_money_crosses(world: World, visit: Visit):
    alice, charlie = visit(world.alice), visit(world.charlie)
    for client, wallet in ((alice, world.charlie_wallet), (charlie, world.alice_wallet)):
        form = {"cap-destination": wallet.handle, "cap-currency": "INR", "cap-amount": "2,500"}
        assert client.post("/organization/partners", form).status_code == 302
    [row] = alice.get("/organization").context["partners"]
    assert (row.name, row.cap, row.position) == ("Globex", "₹2,500.00", "Nothing open")
    world.send(amount_minor=2_000_00)
    [row] = alice.get("/organization").context["partners"]
    assert row.position == "You owe ₹2,000.00"
    [row] = charlie.get("/organization").context["partners"]
    assert row.position == "You are owed ₹2,000.00"
    form = {"cap-destination": world.charlie_wallet.handle, "cap-currency": "INR"}
    low = alice.post("/organization/partners", {**form, "cap-amount": "100"})
    assert "More than this is owed" in low.context["cap_form"].errors["amount"][0]
    assert visit(world.bob).post("/organization/partners", form).status_code in (400, 403)


def test_an_owner_says_what_people_approve(world: World, visit: Visit):
    client = visit(world.alice)
    assert "No approval" in client.get("/organization").content.decode()
    form = {"approval-when": "over", "approval-amount": "2500"}
    done = client.post("/organization/approval-policy", form)
    assert done["Location"] == "/organization#approval-policy"
    page = client.get("/organization")
    assert "Payments above ₹2,500.00" in page.content.decode()
    assert page.context["approval_form"].initial == {"when": "over", "amount": "2500.00"}
    assert over_minor(world) == 2_500_00
    client.post("/organization/approval-policy", {"approval-when": "every"})
    assert over_minor(world) == 0
    assert "Every payment" in client.get("/organization").content.decode()
    client.post("/organization/approval-policy", {"approval-when": "never"})
    assert over_minor(world) is None


def over_minor(world: World) -> int | None:
    with all_seeing():
        world.acme.refresh_from_db()
    return world.acme.approval_over_minor


@pytest.mark.parametrize("amount", ["", "much", "-1", "1.234", "1e400"])
def test_a_policy_of_approvals_needs_an_amount(world: World, visit: Visit, amount: str):
    form = {"approval-when": "over", "approval-amount": amount}
    answer = visit(world.alice).post("/organization/approval-policy", form)
    assert answer.status_code == 400
    assert answer.context["approval_form"].errors
    assert "Amount in INR" in answer.content.decode()
    assert over_minor(world) is None


@pytest.mark.parametrize("place", ["approval-policy", "dual-control", "dual-control/thresholds"])
def test_rules_are_the_owners_and_take_a_factor_just_proven(world: World, visit: Visit, place: str):
    form = {"approval-when": "every", "policy-roles": "on", "threshold-currency": "INR"}
    assert visit(world.bob).post(f"/organization/{place}", form).status_code == 403
    stale = visit(world.alice, second_factor=None).post(f"/organization/{place}", form)
    assert stale["Location"].startswith("/step-up")
    assert over_minor(world) is None
    assert "approval_form" not in visit(world.bob).get("/organization").context
