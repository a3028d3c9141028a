"""The way in: sign-in, sign-out, registration, joining."""

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import Organization, SignInSession
from accounts.services.invitations import invite
from accounts.services.organizations import suspend_organization
from accounts.services.people import remove_member
from kernel import clock
from tests.database import all_seeing
from tests.phones import Phone, give_phone
from tests.web.conftest import Visit
from tests.world import PASSWORD, World

pytestmark = pytest.mark.django_db


def sign_in(client: Client, email: str, password: str, **more: str):
    return client.post("/sign-in", {"email": email, "password": password, **more})


def prove(client: Client, phone: Phone):
    proof = {"method_name": "totp", "proof": phone.code()}
    return client.post("/sign-in/second-step", proof)


def test_the_right_password_and_a_code_lead_home(world: World):
    client, phone = Client(), give_phone(world.alice)
    answer = sign_in(client, world.alice.email.upper(), PASSWORD)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in/second-step")
    assert client.get("/").status_code == 302, "the password alone opens nothing"
    answer = prove(client, phone)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert "Hello, Alice" in client.get("/").content.decode()


@pytest.mark.parametrize("email", ["alice@acme.test", "nobody@nowhere.test"])
def test_a_wrong_password_and_an_unknown_address_read_alike(world: World, email: str):
    client = Client()
    answer = sign_in(client, email, "not the password")
    assert answer.status_code == 401
    assert "The e-mail or the password is wrong" in answer.content.decode()
    assert client.get("/").headers["Location"] == "/sign-in"


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        ("/transfers?state=FAILED", "/transfers?state=FAILED"),
        ("https://evil.test/", "/"),
        ("//evil.test", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_the_next_page_is_always_ours(world: World, wanted: str, leads_to: str):
    client, phone = Client(), give_phone(world.alice)
    sign_in(client, world.alice.email, PASSWORD, next=wanted)
    assert prove(client, phone).headers["Location"] == leads_to


def test_signing_in_changes_the_cookie(world: World):
    client, phone = Client(), give_phone(world.alice)
    client.session.save()
    planted = client.session.session_key
    sign_in(client, world.alice.email, PASSWORD)
    between = client.session.session_key
    prove(client, phone)
    assert len({planted, between, client.session.session_key}) == 3
    for stale in (str(planted), str(between)):
        thief = Client()
        thief.cookies[settings.SESSION_COOKIE_NAME] = stale
        assert thief.get("/").status_code == 302
        assert prove(thief, phone).headers["Location"] == "/sign-in"


def test_signing_out_ends_the_session_for_good(world: World, visit: Visit):
    client = visit(world.alice)
    stolen = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.post("/sign-out")
    with all_seeing():
        assert (
            SignInSession.objects.filter(user=world.alice).latest("opened_at").revoked_reason
            == "signed_out"
        )
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = stolen
    assert thief.get("/").status_code == 302


def test_a_session_elsewhere_can_be_ended_and_stops_at_once(world: World, visit: Visit):
    here, elsewhere = visit(world.alice), visit(world.alice)
    rows = here.get("/security").context["sessions"]
    assert [row["here"] for row in rows] == [False, True]
    here.post(rows[0]["end_url"])
    assert (here.get("/").status_code, elsewhere.get("/").status_code) == (200, 302)


def test_another_person_s_session_cannot_be_ended(world: World, visit: Visit):
    alice = visit(world.alice)
    [row] = alice.get("/security").context["sessions"]
    for person in (world.bob, world.charlie):
        assert visit(person).post(row["end_url"]).status_code == 404
    assert alice.get("/").status_code == 200


def test_a_removed_person_is_out_at_once(world: World, visit: Visit):
    client = visit(world.bob)
    assert client.get("/").status_code == 200
    remove_member(actor=world.actor(world.alice), user_id=world.bob.id, now=clock.now())
    assert client.get("/").headers["Location"] == "/sign-in"


def test_a_suspended_organization_is_out_at_once(world: World, visit: Visit):
    client = visit(world.alice)
    suspend_organization(
        actor=world.actor(world.olga), organization_id=world.acme.id, reason="x", now=clock.now()
    )
    assert client.get("/").headers["Location"] == "/sign-in"
    answer = sign_in(Client(), world.alice.email, PASSWORD)
    assert (answer.status_code, "suspended" in answer.content.decode()) == (403, True)


REGISTRATION = {
    "organization_name": "Nilgiri Tea Traders",
    "country": "IN",
    "base_currency": "INR",
    "owner_name": "Farah Sheikh",
    "email": "farah@nilgiri.test",
    "password": PASSWORD,
}


def test_registering_makes_a_pending_organization_and_signs_its_owner_in(world: World):
    client = Client()
    assert client.post("/register", REGISTRATION).headers["Location"] == "/"
    with all_seeing():
        assert Organization.objects.get(name="Nilgiri Tea Traders").status == "pending"
    assert "Your organization is pending" in client.get("/").content.decode()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("email", "alice@acme.test", "already in use"),
        ("password", "password", "too common"),
        ("password", "short", "too short"),
        ("organization_name", "", "This field is required"),
    ],
)
def test_registration_says_what_is_wrong_beside_the_field(
    world: World, field: str, value: str, words: str
):
    answer = Client().post("/register", {**REGISTRATION, field: value})
    assert answer.status_code >= 400
    assert words in " ".join(answer.context["form"].errors[field])
    with all_seeing():
        assert not Organization.objects.filter(name="Nilgiri Tea Traders").exists()


def test_an_invitation_makes_a_member_once(world: World):
    token = invite(
        actor=world.actor(world.alice), email="dina@acme.test", role="member", now=clock.now()
    )[1]
    client = Client()
    assert "dina@acme.test" in client.get(f"/join/{token}").content.decode()
    given = {"full_name": "Dina Mehta", "password": PASSWORD}
    assert client.post(f"/join/{token}", given).headers["Location"] == "/"
    assert "Hello, Dina" in client.get("/").content.decode()
    assert Client().post(f"/join/{token}", given).status_code == 410


def test_a_former_member_is_asked_for_the_old_password(world: World):
    alice = world.actor(world.alice)
    remove_member(actor=alice, user_id=world.bob.id, now=clock.now())
    token = invite(actor=alice, email=world.bob.email, role="viewer", now=clock.now()).token
    client, given = Client(), {"full_name": "Bob", "password": "another passphrase"}
    answer = client.post(f"/join/{token}", given)
    assert answer.status_code == 422
    assert "belonged to this organization before" in " ".join(
        answer.context["form"].errors["password"]
    )
    assert client.get("/").headers["Location"] == "/sign-in"
    answer = client.post(f"/join/{token}", {**given, "password": PASSWORD})
    assert answer.headers["Location"] == "/sign-in/second-step"
    assert client.get("/").headers["Location"] == "/sign-in", "the old password is one proof of two"


def test_a_former_member_with_an_app_comes_back_with_it(world: World):
    phone, alice = give_phone(world.bob), world.actor(world.alice)
    remove_member(actor=alice, user_id=world.bob.id, now=clock.now())
    token = invite(actor=alice, email=world.bob.email, role="viewer", now=clock.now()).token
    client, given = Client(), {"full_name": "Bob", "password": PASSWORD}
    assert client.post(f"/join/{token}", given).headers["Location"] == "/sign-in/second-step"
    sent = {"method_name": "totp", "proof": phone.code()}
    assert client.post("/sign-in/second-step", sent).headers["Location"] == "/"
    assert client.get("/").status_code == 200


def test_a_signed_in_person_does_not_see_the_sign_in_page(world: World, visit: Visit):
    assert visit(world.alice).get("/sign-in").headers["Location"] == "/"


def test_a_form_without_its_token_is_refused_with_a_page(world: World):
    answer = Client(enforce_csrf_checks=True).post("/sign-in", {"email": "a", "password": "b"})
    assert answer.status_code == 403
    assert "This form has expired" in answer.content.decode()
