"""Pages that a mail leads to, and those that lead to a mail."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core import mail
from django.test import Client

from accounts.services.passwords import ask_for_password_reset
from accounts.tests.letters import CONFIRM, RESET, delivered, token_in_mail
from kernel import clock
from kernel.actor import Door, anonymous
from tests.web.conftest import Visit
from tests.web.test_gate import REGISTRATION, sign_in
from tests.world import PASSWORD, World

pytestmark = pytest.mark.django_db

NEW = "a wholly different phrase"


def mailed(to: str, subject: str) -> str:
    delivered(now=clock.now())
    return token_in_mail(to=to, subject=subject)


def reset_link(email: str) -> str:
    stranger = anonymous(door=Door.WEB, request_id="test")
    ask_for_password_reset(actor=stranger, email=email, now=clock.now())
    return f"/reset-password/{mailed(email, RESET)}"


def text(answer) -> str:
    return answer.content.decode()


def test_the_unconfirmed_are_told_on_every_page_until_they_open_the_link(world: World):
    client = Client()
    client.post("/register", REGISTRATION)
    assert "Confirm your e-mail address" in text(client.get("/wallets"))
    refused = client.get("/send")
    assert refused.status_code == 403
    assert "we have sent you a link" in text(refused)
    link = f"/confirm-email/{mailed(REGISTRATION['email'], CONFIRM)}"
    assert REGISTRATION["email"] in text(client.get(link))
    assert client.get("/send").status_code == 403  # looking is not confirming
    assert client.post(link).headers["Location"] == "/"
    assert "Confirm your e-mail address" not in text(client.get("/"))
    assert client.get("/send").status_code == 200
    assert client.get(link).status_code == 410


def test_a_link_opened_elsewhere_confirms_and_signs_nobody_in(world: World):
    Client().post("/register", REGISTRATION)
    link = f"/confirm-email/{mailed(REGISTRATION['email'], CONFIRM)}"
    elsewhere = Client()
    assert elsewhere.post(link).headers["Location"] == "/sign-in"
    assert elsewhere.get("/").headers["Location"] == "/sign-in"
    assert elsewhere.get(link).status_code == 410


def test_asking_for_another_link_has_a_pause(world: World):
    client = Client()
    client.post("/register", REGISTRATION)
    answer = client.post("/confirm-email", follow=True)
    assert "Wait a minute" in text(answer)


@pytest.mark.parametrize("email", ["alice@acme.test", "nobody@nowhere.test"])
def test_a_forgotten_password_reads_alike_for_everybody(world: World, email: str):
    answer = Client().post("/forgot-password", {"email": email})
    assert answer.status_code == 200
    assert "If somebody signs in with this address" in text(answer)
    assert email not in text(answer)


def test_a_reset_leads_to_the_sign_in_page_and_nowhere_else(world: World, visit: Visit):
    before = visit(world.alice)
    link = reset_link(world.alice.email)
    client = Client()
    assert client.get(link).status_code == 200
    answer = client.post(f"{link}?next=https://evil.test/", {"password": NEW, "next": "//evil"})
    assert answer.headers["Location"] == "/sign-in"
    assert "Sign in with the new one" in text(client.get("/sign-in"))
    assert before.get("/").headers["Location"] == "/sign-in"
    assert sign_in(client, world.alice.email, PASSWORD).status_code == 401
    assert sign_in(client, world.alice.email, NEW).status_code == 302
    assert Client().get(link).status_code == 410


def test_a_weak_new_password_is_explained_and_the_link_stays(world: World):
    link = reset_link(world.alice.email)
    answer = Client().post(link, {"password": "password"})
    assert answer.status_code == 422
    assert "too common" in text(answer)
    assert Client().get(link).status_code == 200


def test_changing_the_password_ends_the_others_and_renews_the_cookie(world: World, visit: Visit):
    here, elsewhere = visit(world.alice), visit(world.alice)
    assert 'name="old_password"' in text(here.get("/security/password"))
    wrong = here.post("/security/password/save", {"old_password": "x", "new_password": NEW})
    assert wrong.status_code == 422
    assert "present password is wrong" in text(wrong)
    before = here.session.session_key
    done = here.post("/security/password/save", {"old_password": PASSWORD, "new_password": NEW})
    assert done.status_code == 302
    assert here.session.session_key != before
    assert (here.get("/").status_code, elsewhere.get("/").status_code) == (200, 302)


def test_changing_the_password_leads_to_a_factor_first(world: World, visit: Visit):
    client = visit(world.alice, None)
    answer = client.post(
        "/security/password/save",
        {"old_password": PASSWORD, "new_password": NEW},
        headers={"Referer": "http://testserver/security/password"},
    )
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/step-up?next=%2Fsecurity%2Fpassword"
    entered = Client().post("/sign-in", {"email": world.alice.email, "password": NEW})
    assert "Location" not in entered.headers


@pytest.mark.parametrize("path", ["/security/password/save", "/confirm-email", "/forgot-password"])
def test_forms_need_their_token(world: World, visit: Visit, path: str):
    client = visit(world.alice)
    client.handler.enforce_csrf_checks = True
    assert client.post(path, {}).status_code == 403


def test_pages_with_a_token_are_kept_nowhere_and_told_nobody(world: World):
    answer = Client().get(reset_link(world.alice.email))
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Referrer-Policy"] == "same-origin"


# --- the page of developers ------------------------------------------------------------------


def test_nobody_else_has_the_page_of_sent_mail(world: World, visit: Visit):
    for person in (None, world.alice, world.olga):
        assert visit(person).get("/dev/mail").status_code == 404


def test_sent_mail_is_shown_as_text_newest_first(settings, tmp_path: Path):
    settings.ROOT_URLCONF = "vaultcraft.local_urls"
    settings.EMAIL_FILE_PATH = tmp_path
    assert "No mail yet" in text(Client().get("/dev/mail"))
    backend = "django.core.mail.backends.filebased.EmailBackend"
    for number, subject in enumerate(["An older one", "Grüße <script>alert(1)</script>"]):
        connection = mail.get_connection(backend, file_path=tmp_path)
        body = f"http://testserver/reset-password/abc{number}\n<img src=x> Schöne Grüße"
        mail.EmailMessage(subject, body, to=["a@b.test"], connection=connection).send()
        connection.close()
    shown = text(Client().get("/dev/mail"))
    assert shown.index("Grüße") < shown.index("An older one")
    assert "<script>alert" not in shown
    assert "<img" not in shown
    assert 'href="http://testserver/reset-password/abc1"' in shown
