"""What people type for others to read is one line that shows all it says."""

import pytest
from django.test import Client

from accounts.models import ApiKey, Organization
from tests.database import all_seeing
from tests.web.conftest import Visit
from tests.world import PASSWORD, World
from web.forms import JoinForm
from web.views.staff import ReasonForm
from web.views.staff_wallets import CashForm

pytestmark = pytest.mark.django_db

HIDDEN = ["\x07", "\x9f", "a\nb", "\u202e", "\u2067"]


@pytest.mark.parametrize("hidden", HIDDEN)
def test_a_note_hides_nothing(world: World, visit: Visit, hidden: str):
    client = visit(world.alice)
    form = {
        "key": client.get("/send").context["form"].initial["key"],
        "source": world.alice_wallet.handle,
        "destination": world.charlie_wallet.handle,
        "amount": "1",
        "description": f"Lunch {hidden}!",
    }
    answer = client.post("/send/review", form)
    assert answer.status_code == 400
    assert "direction overrides" in answer.context["form"].errors["description"][0]
    assert "review" in client.post("/send/review", {**form, "description": "Lunch"}).context


@pytest.mark.parametrize("member", ["organization_name", "owner_name"])
def test_nor_does_a_name(world: World, member: str):
    form = {
        "organization_name": "Initech",
        "owner_name": "Peter",
        "country": "IN",
        "base_currency": "INR",
        "email": "peter@initech.test",
        "password": PASSWORD,
        member: "Pe\u202eter",
    }
    answer = Client().post("/register", form)
    assert answer.status_code == 400
    assert answer.context["form"].errors[member]
    with all_seeing():
        assert not Organization.objects.filter(name__startswith="Init").exists()
    assert JoinForm({"full_name": "a\x07b", "password": PASSWORD}).errors["full_name"]


def test_nor_a_key_s_name(world: World, visit: Visit):
    form = {"key-name": "Pay\u202eouts", "key-scopes": ["wallets:read"]}
    assert visit(world.alice).post("/organization/keys", form).status_code == 400
    with all_seeing():
        assert not ApiKey.objects.filter(name__startswith="Pay").exists()


def test_nor_what_staff_write_down():
    asked = {"key": "k", "amount": "1", "external_reference": "UTR\u202e1", "description": "a\x07b"}
    assert CashForm(asked).errors.keys() == {"external_reference", "description"}
    assert ReasonForm({"reason": "a\x07b"}).errors["reason"]
