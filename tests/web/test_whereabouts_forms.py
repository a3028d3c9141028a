"""Names of devices and countries of an organization, by form; and a browser nobody uses."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import time_machine
from django.urls import reverse

from accounts.models import CountryPolicy, Device, SignInSession
from accounts.rules import checked_country
from accounts.services.devices import met_device
from kernel import clock
from kernel.ids import encode
from tests.database import all_seeing
from tests.geoip import write_countries
from tests.web.conftest import Visit
from tests.world import World
from web.forms.people import country_choices

pytestmark = pytest.mark.django_db


def text(answer) -> str:
    return answer.content.decode()


@pytest.fixture
def geoip(settings, tmp_path: Path) -> Path:
    path = write_countries(tmp_path / "geo.mmdb", {"127.0.0.0/8": "IN", "203.0.113.0/24": "SG"})
    settings.VAULTCRAFT_GEOIP_PATH = str(path)
    return path


def test_menus_offer_every_country_that_is_taken_and_no_other() -> None:
    offered = [code for code, _ in country_choices()]
    assert offered[0] == "IN"
    assert len(offered) == len(set(offered)) > 240
    assert [checked_country(code) for code in offered] == offered
    assert not {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"} & set(offered)


def named(world: World) -> list[str]:
    with all_seeing():
        row = CountryPolicy.objects.filter(organization=world.acme).first()
        return row.countries if row else []


def test_countries_are_named_one_by_one_and_lifted_with_the_last(
    world: World, visit: Visit, geoip: Path
):
    client = visit(world.alice)
    page = text(client.get("/organization"))
    assert "From any country" in page
    assert "You are in India now" in page
    for code in ("IN", "SG"):
        client.post("/organization/countries", {"country": code})
    assert named(world) == ["IN", "SG"]
    assert "Singapore" in text(client.get("/organization"))
    client.post("/organization/countries/drop", {"country": "SG"})
    assert named(world) == ["IN"]
    client.post("/organization/countries/drop", {"country": "IN"})
    assert named(world) == []
    answer = client.post("/organization/countries", {"country": "XX"}, follow=True)
    assert "Choose a country of the list" in text(answer)


def test_nothing_is_said_of_countries_where_they_cannot_be_told(world: World, visit: Visit):
    client = visit(world.alice)
    assert 'id="countries"' not in text(client.get("/organization"))
    answer = client.post("/organization/countries", {"country": "IN"}, follow=True)
    assert "cannot tell countries apart" in text(answer)


def test_a_rule_whose_file_is_gone_can_be_lifted(world: World, visit: Visit, geoip: Path, settings):
    client = visit(world.alice)
    for code in ("IN", "SG"):
        client.post("/organization/countries", {"country": code})
    settings.VAULTCRAFT_GEOIP_PATH = ""
    page = text(client.get("/organization"))
    assert "Lift the rule" in page
    assert "Allow</button>" not in page
    client.post("/organization/countries/drop", {"country": "IN"})
    assert named(world) == []


def test_only_managers_see_and_set_countries(world: World, visit: Visit, geoip: Path):
    client = visit(world.bob)
    assert 'id="countries"' not in text(client.get("/organization"))
    assert client.post("/organization/countries", {"country": "IN"}).status_code == 403
    assert named(world) == []


def test_a_device_gets_a_name(world: World, visit: Visit):
    actor = world.actor(world.alice)
    device, _ = met_device(
        actor=actor, user=world.alice, token=None, user_agent="", now=clock.now()
    )
    client = visit(world.alice)
    place = reverse("web:device-rename", args=[encode("dev", device.id)])
    assert place in text(client.get("/security"))
    answer = client.post(place, {"name": "Telephone <b>&"}, follow=True)
    assert "It is called Telephone &lt;b&gt;&amp; now." in text(answer)
    for bad in ("", " ", "x" * 81, "a\u202eb"):
        refused = client.post(place, {"name": bad}, follow=True)
        assert "is called" not in text(refused)
    with all_seeing():
        assert Device.objects.get(id=device.id).label == "Telephone <b>&"
    assert visit(world.bob).post(place, {"name": "Mine"}).status_code == 404


def test_a_browser_nobody_uses_is_signed_out(world: World, visit: Visit, settings):
    client, start = visit(world.alice), clock.now()
    idle = dt.timedelta(seconds=settings.SESSION_IDLE_STRICT_SECONDS)
    with time_machine.travel(start, tick=False) as traveler:
        for _ in range(4):
            traveler.shift(idle / 2 + dt.timedelta(minutes=1))
            assert client.get("/").status_code == 200
        with all_seeing():
            assert (
                SignInSession.objects.filter(user=world.alice).latest("opened_at").last_seen_at
                == clock.now()
            )
        traveler.shift(idle)
        assert client.get("/wallets").headers["Location"] == "/sign-in?next=%2Fwallets"
        assert client.get("/").headers["Location"] == "/sign-in"


def test_a_page_left_open_is_no_use(world: World, visit: Visit, settings):
    """What it asks for by itself when money moves does not keep it signed in."""
    client, start = visit(world.alice), clock.now()
    idle = dt.timedelta(seconds=settings.SESSION_IDLE_STRICT_SECONDS)
    with time_machine.travel(start, tick=False) as traveler:
        for _ in range(3):
            traveler.shift(idle / 4)
            assert client.get("/now").status_code == 200
        traveler.shift(idle / 4)
        assert (
            client.get("/now", headers={"HX-Request": "true"}).headers["HX-Redirect"] == "/sign-in"
        )


def test_the_staff_site_counts_as_use(world: World, visit: Visit, settings):
    client, start = visit(world.olga), clock.now()
    idle = dt.timedelta(seconds=settings.SESSION_IDLE_STRICT_SECONDS)
    with time_machine.travel(start, tick=False) as traveler:
        for _ in range(3):
            traveler.shift(idle - dt.timedelta(minutes=2))
            assert client.get("/admin/").status_code == 200
        traveler.shift(idle)
        assert client.get("/admin/").status_code == 302
