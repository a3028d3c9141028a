"""Lost second factors on the pages, and what their person meets afterwards."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.choices import FactorMethod
from accounts.models import PendingAct, User
from accounts.services.factors import factors_of
from accounts.tests.letters import delivered
from kernel import clock
from kernel.ids import encode
from tests.database import all_seeing
from tests.phones import code_mailed_to, give_phone
from tests.web.conftest import Visit
from tests.web.test_gate import sign_in
from tests.world import PASSWORD, World, colleague

pytestmark = pytest.mark.django_db

WHY = "Called back on the number we know"


def text(answer) -> str:
    return answer.content.decode()


def the_act() -> PendingAct:
    with all_seeing():
        return PendingAct.objects.get(kind="accounts.factor_reset")


def still_has_one(user: User) -> bool:
    with all_seeing():
        return factors_of(user.id).is_strong


def ask(client: Client, user: User, reason: str = WHY):
    place = reverse("web:member-reset-factors", args=[encode("usr", user.id)])
    return client.post(place, {"reason": reason}, follow=True)


@pytest.fixture
def fay(world: World) -> User:
    """Of Acme's finance, with an app that she lost."""
    user = colleague(world, "fay", "finance")
    give_phone(user)
    return user


def test_from_asking_to_a_new_factor(world: World, visit: Visit, fay: User):
    ann = colleague(world, "ann", "admin")
    hers = visit(fay)
    asked = ask(visit(ann), fay)
    assert "this waits for a second person" in text(asked)
    assert "Fay" in text(asked)
    assert WHY in text(asked)
    assert f"{fay.email}: Somebody asks to reset your second factors" in delivered(now=clock.now())
    place = reverse("web:pending-act", args=[encode("pac", the_act().id)])
    decide, yes = (
        reverse("web:pending-act-decide", args=[encode("pac", the_act().id)]),
        {"decision": "agree"},
    )
    unproven = visit(world.alice, None)
    led = unproven.post(decide, yes, headers={"Referer": f"http://testserver{place}"})
    assert led.headers["Location"].startswith("/step-up?next=%2Fpending-acts%2Fpac_")
    assert still_has_one(fay)
    assert "Agreed, and done" in text(visit(world.alice).post(decide, yes, follow=True))
    assert not still_has_one(fay)
    assert hers.get("/").headers["Location"] == "/sign-in"

    client = Client()
    sign_in(client, fay.email, PASSWORD)
    done = client.post(
        "/sign-in/second-step", {"proof": code_mailed_to(fay), "method_name": "email"}
    )
    assert done.headers["Location"].startswith("/security/set-up")
    assert "Your second factors were reset" in text(client.get("/security/set-up"))
    assert "No money moves in your name" in text(client.get("/security"))


def test_who_may_ask(world: World, visit: Visit, fay: User):
    assert "Ask for a reset" in text(visit(world.alice).get("/organization"))
    for person in (fay, world.bob):
        assert "Ask for a reset" not in text(visit(person).get("/organization"))
        assert "does not include this" in text(ask(visit(person), fay))
    assert "Say how you made sure" in text(ask(visit(world.alice), fay, reason=""))
    assert "no second factor that could be lost" in text(ask(visit(world.alice), world.bob))
    stale = ask(visit(world.alice, None), fay)
    assert stale.redirect_chain[0][0].startswith("/step-up")
    with all_seeing():
        assert not PendingAct.objects.filter(kind="accounts.factor_reset").exists()


def test_staff_ask_for_owners_on_their_site(world: World, visit: Visit):
    give_phone(world.alice)
    browser = visit(world.olga)
    place = f"{reverse('admin:factor-reset')}?id={world.alice.id}"
    assert world.alice.email in text(browser.get(place))
    stale = visit(world.olga, FactorMethod.PASSKEY)
    assert stale.get(place).status_code == 200
    answer = browser.post(place, {"id": str(world.alice.id), "reason": WHY}, follow=True)
    assert "Lost second factors" in text(answer)
    act = the_act()
    assert act.organization_id is None
    own = browser.get(f"{reverse('admin:pending-act-decide')}?id={act.id}")
    assert "Take it back" in text(own)
    assert "Alice" in text(own)


def test_the_list_of_people_offers_it_to_who_may(world: World, visit: Visit):
    for person, offered in ((world.olga, True), (world.alice, True), (world.charlie, True)):
        page = text(visit(person).get("/admin/accounts/user/"))
        assert ("Reset lost second factors" in page) is offered
    fay = colleague(world, "fay", "finance")
    assert "Reset lost second factors" not in text(visit(fay).get("/admin/accounts/user/"))
