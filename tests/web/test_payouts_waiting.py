"""Whom a payout pays, for who is to agree to it: enough to judge, and no number."""

from __future__ import annotations

import pytest

from accounts.models import PendingAct, User
from accounts.services.erasing import shred_person
from accounts.services.people import remove_member
from kernel import clock
from kernel.ids import encode
from tests.api.conftest import Caller, token_of
from tests.database import all_seeing
from tests.payouts.scenes import ACCOUNT, AMOUNT, Clock, ask, scripted, seen, work
from tests.web.conftest import Visit
from tests.world import NOW, World, colleague, takes_two
from wallets.models import Beneficiary, Transfer
from wallets.services.payouts.accounts import Account
from wallets.services.payouts.beneficiaries import payee_of
from wallets.services.thresholds import set_dual_control_threshold

pytestmark = pytest.mark.django_db


@pytest.fixture
def fay(world: World) -> User:
    """Finance, who agrees to what is above the threshold."""
    found = colleague(world, "fay", "finance")
    takes_two(world)
    set_dual_control_threshold(
        actor=world.actor(world.alice), currency="INR", threshold_minor=AMOUNT - 1, now=NOW
    )
    return found


def asked(world: World) -> PendingAct:
    act = ask(world, now=clock.now()).pending_act
    assert act is not None
    return act


def test_who_agrees_sees_whom_it_pays(world: World, fay: User, visit: Visit, settings) -> None:
    with scripted(settings) as book:
        act = asked(world)
        place = f"/pending-acts/{encode('pac', act.id)}"
        page = visit(fay).get(place).content.decode()
        for words in (ACCOUNT.name, "HDFC0001234 (IN)", "•••• 7890, 14 characters"):
            assert words in page
        for secret in (ACCOUNT.number, ACCOUNT.to.index.hex()):
            assert secret not in page
        told = Caller(token_of(world, fay)).get(place)
        assert told.data["payee"] == {
            "name": ACCOUNT.name,
            "bank_code": "HDFC0001234",
            "country": "IN",
            "account_number": "•••• 7890",
            "characters": 14,
        }
        for secret in (ACCOUNT.number, ACCOUNT.to.index.hex()):
            assert secret not in str(told.data)
        visit(fay).post(f"{place}/decide", {"decision": "agree", "note": ""})
        clocked = Clock()
        clocked.now = clock.now()
        work(clocked)
        with all_seeing():
            paid = Transfer.objects.get(kind="payout")
            assert Beneficiary.objects.count() == 1
        assert seen(paid).state == "COMPLETED"
        assert book.payments[0].account_number == ACCOUNT.number
        assert paid.checker_id == fay.id


def test_of_an_erased_asker_the_bank_alone_is_known(world: World, settings) -> None:
    with scripted(settings):
        transfer = seen(ask(world).transfer)
    oscar = colleague(world, "oscar", "owner")
    remove_member(actor=world.actor(oscar), user_id=world.alice.id, now=clock.now())
    shred_person(actor=world.actor(world.olga), user_id=world.alice.id, now=clock.now())
    with all_seeing():
        found = payee_of(PendingAct(reference=transfer.reference))
    assert found is not None
    assert (found.name, found.masked, found.characters) == ("Erased person", "•••• 7890", 0)


@pytest.mark.parametrize(
    ("bank_code", "number", "country"),
    [
        ("HDFC0001234", "50100234567890", "IN"),
        ("DEUTDEFF", "1234567", "DE"),
        ("DEUTDEFF500", "GB29NWBK60161331926819", "GB"),
        ("021000021", "12345678", ""),
    ],
)
def test_number_or_code_say_the_country(bank_code: str, number: str, country: str) -> None:
    assert Account(name="A", bank_code=bank_code, number=number).country == country
