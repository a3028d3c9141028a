"""The second step of signing in, confirming sensitive acts, and the security page."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client

from accounts.actors import user_actor
from accounts.choices import FactorMethod
from accounts.models import User
from accounts.queries import live_session
from accounts.services.mail import deliver_due
from accounts.services.sessions import open_browser_session
from kernel import clock
from kernel.actor import Door, system
from tests.phones import Phone, code_mailed_to, give_phone
from tests.web.conftest import Visit
from tests.world import PASSWORD, World
from web.doors import SESSION_KEY

pytestmark = pytest.mark.django_db

STEP = "/sign-in/second-step"


def at_step(user: User, wanted: str = "") -> Client:
    client = Client()
    given = {"email": user.email, "password": PASSWORD, "next": wanted}
    assert client.post("/sign-in", given).headers["Location"] == STEP
    return client


def prove(client: Client, proof: str, method: str = "totp") -> Any:
    return client.post(STEP, {"method_name": method, "proof": proof})


def with_password_only(user: User, factor: FactorMethod | None = None) -> Client:
    """Signed in, and nothing proven but what is said."""
    client = Client()
    actor = user_actor(user=user, door=Door.WEB, request_id="test")
    opened = open_browser_session(actor=actor, now=clock.now(), second_factor=factor)
    session = client.session
    session[SESSION_KEY] = str(opened.id)
    session.save()
    return client


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_a_viewer_on_a_new_browser_gets_a_code_and_is_known_there_afterwards(world: World):
    client = at_step(world.bob)
    assert "sent a code of six digits" in words(client.get(STEP))
    assert prove(client, code_mailed_to(world.bob), "email").headers["Location"] == "/"
    client.post("/sign-out")
    again = client.post("/sign-in", {"email": world.bob.email, "password": PASSWORD})
    assert again.headers["Location"] == "/", "the same browser"
    at_step(world.bob)


def test_an_owner_proves_a_factor_each_time(world: World):
    phone, client = give_phone(world.alice), at_step(world.alice)
    prove(client, phone.code())
    client.post("/sign-out")
    again = client.post("/sign-in", {"email": world.alice.email, "password": PASSWORD})
    assert again.headers["Location"] == STEP


def test_who_should_have_a_strong_factor_is_led_to_one(world: World):
    client = at_step(world.alice, "/wallets")
    answer = prove(client, code_mailed_to(world.alice), "email")
    assert answer.headers["Location"] == "/security/set-up?next=%2Fwallets"
    assert 'href="/wallets">Later' in words(client.get(answer.headers["Location"]))


def test_methods_can_be_switched_and_codes_pasted(world: World):
    phone = give_phone(world.alice)
    client = at_step(world.alice)
    page = words(client.get(STEP))
    assert 'autocomplete="one-time-code"' in page
    assert f'href="{STEP}?method=recovery_code"' in page
    assert "codes you kept on paper" in words(client.get(f"{STEP}?method=recovery_code"))
    assert "authenticator app" in words(client.get(f"{STEP}?method=email")), "not offered"
    code = f" {phone.codes[0].upper()} "
    assert prove(client, code, "recovery_code").headers["Location"] == "/"


def test_wrong_codes_then_back_to_the_password(world: World):
    phone = give_phone(world.alice)
    client = at_step(world.alice)
    for _ in range(5):
        answer = prove(client, "000000")
        assert (answer.status_code, "does not prove" in words(answer)) == (403, True)
    assert prove(client, phone.code()).headers["Location"] == "/sign-in"
    assert client.get(STEP).headers["Location"] == "/sign-in"
    assert client.get("/").status_code == 302


def test_a_new_code_can_be_sent(world: World):
    client = at_step(world.bob)
    assert client.post(f"{STEP}/resend").headers["Location"] == STEP
    assert prove(client, code_mailed_to(world.bob), "email").headers["Location"] == "/"


def test_without_the_cache_a_code_by_mail_is_not_to_be_had(world: World, settings: Any):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = Client().post("/sign-in", {"email": world.bob.email, "password": PASSWORD})
    assert (answer.status_code, "not available" in words(answer)) == (503, True)


def test_the_second_step_needs_a_first(world: World):
    for client in (Client(), Client()):
        assert client.get(STEP).headers["Location"] == "/sign-in"
        assert prove(client, "000000").headers["Location"] == "/sign-in"
        assert client.post(f"{STEP}/resend").headers["Location"] == "/sign-in"


def confirm(client: Client, phone: Phone, wanted: str) -> Any:
    client.get("/step-up", {"next": wanted})
    return client.post("/step-up/answer", {"method_name": "totp", "proof": phone.code()})


def test_a_sensitive_act_asks_and_leads_back(world: World):
    phone, client = give_phone(world.alice), with_password_only(world.alice)
    key = {"key-name": "x", "key-scopes": ["wallets:read"]}
    came_from = {"Referer": "http://testserver/organization?tab=keys"}
    answer = client.post("/organization/keys", key, headers=came_from)
    assert answer.headers["Location"] == "/step-up?next=%2Forganization%3Ftab%3Dkeys"
    assert confirm(client, phone, "/organization").headers["Location"] == "/organization"
    assert "vck_test_" in words(client.post("/organization/keys", key))


@pytest.mark.parametrize("evil", ["https://evil.test/", "//evil.test", "/\\evil.test"])
def test_confirming_leads_nobody_away(world: World, evil: str):
    phone, client = give_phone(world.alice), with_password_only(world.alice)
    assert confirm(client, phone, evil).headers["Location"] == "/"
    answer = client.post("/security/recovery-codes", headers={"Referer": evil})
    assert evil not in answer.headers.get("Location", "")


@pytest.mark.parametrize(
    "address",
    [
        "/security/totp",
        "/security/totp/confirm",
        "/security/totp/remove",
        "/security/passkeys",
        "/security/passkeys/finish",
        "/security/passkeys/pky_01h455vb4pex5vsknk084sn02q/remove",
        "/security/recovery-codes",
        "/organization/keys",
        "/organization/people/usr_01h455vb4pex5vsknk084sn02q/role",
    ],
)
def test_acts_that_must_be_confirmed(world: World, address: str):
    sent = {"code": "000000", "key-name": "X", "key-scopes": "wallets:read"}
    answer = with_password_only(world.alice).post(address, sent)
    assert answer.headers["Location"].startswith("/step-up?next="), answer


def test_who_has_only_mail_confirms_by_mail_and_only_on_demand(world: World):
    client = with_password_only(world.bob)
    assert "Send me a code" in words(client.get("/step-up?next=/security"))
    assert client.post("/step-up/begin", {"next": "/security"}).status_code == 302
    code = code_mailed_to(world.bob)
    answer = client.post("/step-up/answer", {"method_name": "email", "proof": code})
    assert answer.headers["Location"] == "/security"


def test_an_app_is_added_by_picture_or_text(world: World, visit: Visit):
    client = visit(world.alice)
    assert "Your role needs an authenticator app" in words(client.get("/security"))
    page = client.post("/security/totp")
    assert page.context["qr"].startswith("data:image/svg+xml;base64,")
    phone = Phone(secret=page.context["secret"], codes=[], last_step=0)
    wrong = client.post("/security/totp/confirm", {"code": "000000"})
    assert (wrong.status_code, phone.secret in wrong.content.decode()) == (403, False)
    done = client.post("/security/totp/confirm", {"code": phone.code()})
    assert len(done.context["codes"]) == 10
    assert "10 left" in words(client.get("/security"))
    refused = words(client.post("/security/totp/remove", follow=True))
    assert "add another first" in refused


def test_the_staff_site_demands_the_second_factor(world: World):
    olga = world.olga
    bare = with_password_only(olga)
    assert bare.get("/admin/").headers["Location"] == "/admin/login/?next=/admin/"
    led = bare.get("/admin/login/?next=/admin/").headers["Location"]
    assert led == "/security/set-up?next=%2Fadmin%2F", "she has no strong factor yet"
    mailed = with_password_only(olga, FactorMethod.EMAIL)
    assert mailed.get("/admin/").status_code == 302, "a mailbox is not enough for the platform"
    phone = give_phone(olga)
    led = bare.get("/admin/login/?next=/admin/").headers["Location"]
    assert led == "/step-up?next=%2Fadmin%2F"
    assert confirm(bare, phone, "/admin/").headers["Location"] == "/admin/"
    assert bare.get("/admin/").status_code == 200
    owner = with_password_only(world.alice, FactorMethod.EMAIL)
    assert owner.get("/admin/").status_code == 200


def test_an_app_added_after_a_mailed_code_opens_the_staff_site_at_the_next_sign_in(world: World):
    client = with_password_only(world.olga, FactorMethod.EMAIL)
    page = client.post("/security/totp")
    phone = Phone(secret=page.context["secret"], codes=[], last_step=0)
    client.post("/security/totp/confirm", {"code": phone.code()})
    assert client.get("/admin/").status_code == 302, "who has the mailbox could have added it"
    led = client.get("/admin/login/?next=/admin/").headers["Location"]
    assert led == "/security/sign-in-anew?next=%2Fadmin%2F"
    assert "sign in with it" in words(client.get(led))
    assert confirm(client, phone, "/admin/").status_code == 302
    assert client.get("/admin/").status_code == 302
    anew = with_password_only(world.olga, FactorMethod.TOTP)
    assert anew.get("/admin/").status_code == 200


def test_no_code_is_mailed_to_who_has_an_app(world: World):
    phone, client = give_phone(world.alice), at_step(world.alice)
    deliver_due(actor=system(door=Door.TASK, request_id="t"), now=clock.now())
    mail.outbox.clear()
    answer = client.post(f"{STEP}/resend", follow=True)
    assert "does not take that method" in words(answer)
    deliver_due(actor=system(door=Door.TASK, request_id="t"), now=clock.now())
    assert mail.outbox == []
    assert prove(client, phone.code()).headers["Location"] == "/"


def test_confirming_gives_the_browser_a_new_cookie(world: World):
    phone = give_phone(world.alice)
    client = with_password_only(world.alice)
    client.get("/step-up")
    before = client.cookies[settings.SESSION_COOKIE_NAME].value
    answer = client.post("/step-up/answer", {"method_name": "totp", "proof": phone.code()})
    assert answer.status_code == 302
    after = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert after != before
    assert client.get("/").status_code == 200
    client.cookies[settings.SESSION_COOKIE_NAME] = before
    assert client.get("/").headers["Location"] == "/sign-in"


def test_signing_in_again_ends_the_session_this_browser_was_in(world: World):
    client = at_step(world.bob)
    prove(client, code_mailed_to(world.bob), "email")
    copied = client.session[SESSION_KEY]
    again = client.post("/sign-in", {"email": world.bob.email, "password": PASSWORD})
    assert again.headers["Location"] == "/"
    assert client.session[SESSION_KEY] != copied
    assert live_session(session_id=uuid.UUID(copied), now=clock.now()) is None

    owner = with_password_only(world.alice)
    copied = owner.session[SESSION_KEY]
    owner.post("/sign-in", {"email": world.alice.email, "password": PASSWORD})
    assert live_session(session_id=uuid.UUID(copied), now=clock.now()) is None
