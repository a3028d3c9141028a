"""The PIN's pages, and approving what is sent."""

from __future__ import annotations

import datetime as dt
import re
from urllib.parse import quote

import pytest
from django.core import mail
from django.test import Client

from accounts.services.approvals import set_approval_policy
from accounts.services.mail import deliver_due
from accounts.services.pins import set_pin
from kernel import clock
from kernel.actor import Door, system
from tests.approving import PIN, signed_in
from tests.phones import code_mailed_to, give_phone
from tests.web.conftest import Visit
from tests.web.test_send import form_of, review, sealed, transfers
from tests.world import NOW, World
from wallets.services.holds import place_hold
from wallets.tests.test_holds import wanted

pytestmark = pytest.mark.django_db

OVER = 1_000_00


@pytest.fixture
def asking(world: World) -> None:
    """Acme asks over 1,000 rupees; Alice has a PIN."""
    set_approval_policy(actor=world.actor(world.alice), over_minor=OVER, now=clock.now())
    set_pin(actor=signed_in(world, world.alice, ip="127.0.0.1"), pin=PIN, now=NOW)


@pytest.fixture
def client(world: World, visit: Visit, asking: None) -> Client:
    return visit(world.alice)


def words(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def confirmed(client: Client, token: str, **proof: str):
    return client.post("/send/confirm", {"review": token, **proof})


def by_pin(pin: str) -> dict[str, str]:
    return {"method_name": "pin", "challenge": "", "proof": pin}


def test_the_review_asks_for_the_pin_and_names_amount_and_payee(world: World, client: Client):
    text = words(review(client, form_of(world, client)))
    assert ("₹1,250.50" in text, "Charlie" in text, "Your PIN" in text) == (True,) * 3
    assert ('inputmode="numeric"' in text, 'autocomplete="off"' in text) == (True, True)
    assert "more than your organization lets go" in text


def test_a_small_amount_is_confirmed_as_ever(world: World, client: Client):
    answer = review(client, form_of(world, client, amount="999"))
    assert "Your PIN" not in answer.content.decode()
    assert confirmed(client, sealed(answer)).status_code == 302


def test_the_right_pin_moves_the_money_and_the_receipt_says_so(world: World, client: Client):
    answer = confirmed(client, sealed(review(client, form_of(world, client))), **by_pin(PIN))
    assert answer.status_code == 302
    receipt = words(client.get(answer.headers["Location"]))
    assert re.search(r"Approved by</dt><dd>PIN", receipt)
    assert world.balance(world.alice_wallet) == 98_749_50


def test_a_wrong_pin_keeps_the_review_and_says_what_is_left(world: World, client: Client):
    token = sealed(review(client, form_of(world, client)))
    answer = confirmed(client, token, **by_pin("9152"))
    assert answer.status_code == 422
    assert "2 tries are left" in words(answer)
    assert ("₹1,250.50" in words(answer), "9152" in words(answer)) == (True, False)
    assert transfers(world) == []
    # The same review goes through with the right one.
    assert confirmed(client, sealed(answer), **by_pin(PIN)).status_code == 302


def test_the_third_wrong_pin_locks_it_and_offers_another_way(world: World, client: Client):
    give_phone(world.alice)
    token = sealed(review(client, form_of(world, client)))
    for _ in range(3):
        answer = confirmed(client, token, **by_pin("9152"))
    assert "locked after three wrong tries" in words(answer)
    assert "Code from your app" in words(answer)
    assert "Code by e-mail" not in words(answer)
    assert transfers(world) == []


def test_without_a_pin_in_the_form_nothing_moves(world: World, client: Client):
    token = sealed(review(client, form_of(world, client)))
    for proof in ({}, by_pin(""), by_pin("12"), {"method_name": "magic", "proof": "1"}):
        answer = confirmed(client, token, **proof)
        assert answer.status_code in (400, 403)
        assert "Your PIN" in words(answer)
    assert transfers(world) == []


def test_confirming_twice_with_the_pin_moves_it_once(world: World, client: Client):
    token = sealed(review(client, form_of(world, client, amount="60000")))
    first = confirmed(client, token, **by_pin(PIN))
    second = confirmed(client, token, **by_pin(PIN))
    assert first.headers["Location"] == second.headers["Location"]
    assert world.balance(world.alice_wallet) == 40_000_00


def test_no_code_is_mailed_to_who_has_a_pin(world: World, client: Client):
    token = sealed(review(client, form_of(world, client)))
    answer = client.post("/send/approve-by", {"review": token, "method": "email_otp"})
    assert "Approve this with your PIN" in words(answer)
    assert "Code from the e-mail" not in words(answer)


def test_a_code_by_mail_approves_for_who_has_nothing_else(world: World, visit: Visit):
    set_approval_policy(actor=world.actor(world.alice), over_minor=OVER, now=clock.now())
    client = visit(world.alice)
    token = sealed(review(client, form_of(world, client)))
    answer = client.post("/send/approve-by", {"review": token, "method": "email_otp"})
    assert "Code from the e-mail" in words(answer)
    challenge = re.search(r'name="challenge" value="([^"]+)"', answer.content.decode())
    assert challenge
    code = code_mailed_to(world.alice)
    assert "sending ₹1,250.50 to Charlie" in mail.outbox[-1].body
    proof = {"method_name": "email_otp", "challenge": challenge[1], "proof": code}
    assert confirmed(client, sealed(answer), **proof).status_code == 302
    assert len(transfers(world)) == 1


def test_who_has_no_pin_is_led_to_one(world: World, visit: Visit):
    set_approval_policy(actor=world.actor(world.alice), over_minor=OVER, now=clock.now())
    client = visit(world.alice)
    text = words(review(client, form_of(world, client)))
    assert ("/security/pin" in text, "Approve by code by e-mail" in text) == (True, True)
    assert "Your PIN" not in text


def test_a_hold_a_capture_and_giving_back_ask_for_the_pin(world: World, client: Client):
    form = {
        **form_of(world, client, amount="2000"),
        "destination": world.acme_wallet.handle,
        "days": "7",
    }
    asked = client.post("/holds/place", form)
    assert (asked.status_code, "Enter your PIN" in words(asked)) == (403, True)
    assert client.post("/holds/place", {**form, "pin": PIN}).status_code == 302

    set_approval_policy(actor=world.actor(world.alice), over_minor=None, now=clock.now())
    hold = place_hold(
        wanted(
            world,
            amount_minor=2_000_00,
            now=clock.now(),
            key="other",
            expires_at=clock.now() + NOW.resolution * 10**12,
        )
    )
    set_approval_policy(actor=world.actor(world.alice), over_minor=OVER, now=clock.now())
    from kernel.ids import encode

    path = f"/holds/{encode('hld', hold.hold_id)}/capture/confirm"
    part = {"key": "capture", "how_much": "whole"}
    asked = client.post(path, part)
    assert (asked.status_code, "Enter your PIN" in words(asked)) == (403, True)
    taken = client.post(path, {**part, "pin": PIN})
    assert taken.status_code == 302

    path = taken.headers["Location"].replace("/receipt", "/give-back/confirm")
    asked = client.post(path, {**part, "key": "back"})
    assert (asked.status_code, "Enter your PIN" in words(asked)) == (403, True)
    wrong = client.post(path, {**part, "key": "back", "pin": "9152"})
    assert "2 tries are left" in words(wrong)
    assert client.post(path, {**part, "key": "back", "pin": PIN}).status_code == 302


# The PIN's own pages.


def test_a_first_pin_takes_a_step_up(world: World, visit: Visit):
    client = visit(world.bob)
    assert "Choose a PIN" in words(client.get("/security/pin"))
    unlike = client.post("/security/pin/set", {"pin": PIN, "again": "8264"})
    assert "two different PINs" in words(unlike)
    weak = client.post("/security/pin/set", {"pin": "1234", "again": "1234"})
    assert (weak.status_code, "thief" in words(weak)) == (422, True)
    led = client.post("/security/pin/set", {"pin": PIN, "again": PIN})
    if led.headers["Location"] != "/security/pin":
        assert led.headers["Location"].startswith("/step-up?next=")


def test_it_is_changed_with_the_old_one(world: World, client: Client):
    wrong = {"current_pin": "9152", "pin": "8264", "again": "8264"}
    answer = client.post("/security/pin/change", wrong)
    assert (answer.status_code, "2 tries are left" in words(answer)) == (422, True)
    right = client.post("/security/pin/change", {**wrong, "current_pin": PIN}, follow=True)
    assert "Your PIN is changed." in words(right)
    assert "Transaction PIN" in words(client.get("/security"))


def test_a_forgotten_one_comes_back_by_mail(world: World, client: Client):
    assert "link is on its way" in words(client.post("/security/pin/reset", follow=True))
    deliver_due(actor=system(door=Door.TASK, request_id="post"), now=clock.now())
    link = re.search(r"(/security/pin/reset/\S+)", str(mail.outbox[-1].body))
    assert link
    assert "Choose a new PIN" in words(client.get(link[1]))
    done = client.post(f"{link[1]}/confirm", {"pin": "8264", "again": "8264"}, follow=True)
    assert "Your new PIN counts" in words(done)
    again = client.post(f"{link[1]}/confirm", {"pin": "8264", "again": "8264"})
    assert (again.status_code, "This link is no longer good" in words(again)) == (410, True)
    assert "This link is no longer good" in words(client.get(link[1]))


def test_a_link_for_a_new_one_says_from_when_it_counts(world: World, visit: Visit, asking: None):
    give_phone(world.alice, now=clock.now() - dt.timedelta(days=2))
    client = visit(world.alice, second_factor=None)
    client.post("/security/pin/reset")
    deliver_due(actor=system(door=Door.TASK, request_id="post"), now=clock.now())
    link = re.search(r"(/security/pin/reset/\S+)", str(mail.outbox[-1].body))
    assert link
    page = words(client.get(link[1]))
    assert "It counts after a day." in page
    assert f"/step-up?next={quote(link[1], safe='')}" in page
    assert "as soon as you have chosen it" in words(visit(world.alice).get(link[1]))
    other = visit(world.bob).get(link[1])
    assert (other.status_code, "no longer good" in words(other)) == (410, True)
