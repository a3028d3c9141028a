"""From where money moves, through the whole chain from the header to the books."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import re
from pathlib import Path
from typing import Any

import pyotp
import pytest
import time_machine
from django.core import mail
from pytest_django import Settings

from accounts.actors import user_actor
from accounts.errors import LastStaff, NetworkNotTrusted
from accounts.models import Network, User
from accounts.services.mail import deliver_due
from accounts.services.networks import require_known_network
from accounts.services.sessions import open_session
from accounts.services.staff import change_staff_role
from accounts.services.system_settings import set_setting
from accounts.system import STAFF_DUAL_CONTROL
from audit.models import AuditRecord
from kernel import clock
from kernel.actor import Door, system
from kernel.context import reading
from kernel.ids import encode
from tests.api.conftest import Caller, Got, order, token_of
from tests.api.ledger_rows import journal
from tests.api.test_payouts import order as payout
from tests.geoip import write_countries
from tests.phones import code_mailed_to
from tests.world import PASSWORD, World, colleague
from wallets.models import Transfer

pytestmark = pytest.mark.django_db

HOME, ELSEWHERE = "203.0.113.1", "198.51.100.9"
_keys = itertools.count(1)
HALF_AN_HOUR = dt.timedelta(minutes=30)


@pytest.fixture(autouse=True)
def _behind_one_proxy(settings: Settings) -> None:
    settings.VAULTCRAFT_PROXIES = 1


class Person:
    """Somebody who asks from one place or another."""

    def __init__(self, world: World, user: User) -> None:
        self.world, self.user = world, user
        self.caller = Caller(token_of(world, user))

    def ask(self, method: str, path: str, data: Any = None, *, at: str) -> Got:
        sent = {"X-Forwarded-For": at}
        return self.caller(method, path, data, key=f"k-{next(_keys)}", headers=sent)

    def send(self, *, at: str) -> Got:
        return self.ask("POST", "/transfers", order(self.world), at=at)

    def send_back(self, *, at: str) -> str:
        """Pay Alice, for Charlie; the transfer's id."""
        ends = {
            "source_wallet": self.world.charlie_wallet.handle,
            "destination_wallet": self.world.alice_wallet.handle,
        }
        sent = self.ask("POST", "/transfers", order(self.world, **ends), at=at)
        assert sent.status == 201, sent.body
        return str(sent.data["id"])

    def here(self, *, at: str) -> dict[str, Any]:
        """How the network they ask from stands."""
        listed = self.ask("GET", "/me/networks", at=at).data["data"]
        found: dict[str, Any] = next(one for one in listed if one["current"])
        return found

    def link(self, *, at: str) -> str:
        """Ask for the link, and read the token in the mail."""
        assert self.ask("POST", "/me/networks/link", {}, at=at).status == 200
        mail.outbox.clear()
        deliver_due(actor=system(door=Door.TASK, request_id="t"), now=clock.now())
        (sent,) = [one for one in mail.outbox if one.subject == "Confirm where you are"]
        assert sent.to == [self.user.email]
        found = re.search(r"/networks/confirm/(\S+)", str(sent.body))
        assert found
        return found.group(1)

    def confirm(self, token: str, *, at: str) -> Got:
        return self.ask("POST", "/me/networks/confirm", {"token": token}, at=at)


@pytest.fixture
def person(world: World) -> Person:
    """Alice, who has moved money at home."""
    alice = Person(world, world.alice)
    assert alice.send(at=HOME).status == 201
    return alice


def test_elsewhere_money_waits_and_the_refusal_is_on_record(person: Person) -> None:
    world = person.world
    before = world.balance(world.alice_wallet)
    assert person.ask("GET", "/wallets", at=ELSEWHERE).status == 200
    refused = person.send(at=ELSEWHERE)
    assert (refused.status, refused.code) == (422, "network_not_trusted")
    here = person.here(at=ELSEWHERE)
    assert here["prefix"] == f"{ELSEWHERE}/32"
    opens_at = dt.datetime.fromisoformat(here["opens_at"])
    assert HALF_AN_HOUR - (opens_at - clock.now()) < dt.timedelta(minutes=1)
    assert world.balance(world.alice_wallet) == before
    assert refused.data["facts"] == {
        "network": f"{ELSEWHERE}/32",
        "opens_at": opens_at.isoformat(),
    }
    with reading(world.actor(world.alice)):
        assert not Transfer.objects.filter(state="FAILED").exists()
        (kept,) = AuditRecord.objects.filter(action="accounts.network.refuse")
    assert (kept.actor_id, kept.metadata) == (world.alice.id, {"reason": "network_not_trusted"})


def under_one_key(person: Person, path: str, body: Any, *, at: str, key: object = "one key") -> Got:
    """As an app of a traveler asks: again and again, under the key it chose once."""
    sent = {"X-Forwarded-For": at}
    return person.caller("POST", path, body, key=f"once {key}", headers=sent)


def test_a_traveler_s_key_is_good_once_the_link_is_followed(person: Person) -> None:
    world = person.world
    held = person.ask("POST", "/holds", order(world), at=HOME).data["id"]
    before = world.balance(world.alice_wallet)
    asked: list[tuple[str, Any, int]] = [
        ("/transfers", order(world), 201),
        ("/transfers/batch", {"items": [order(world), order(world)]}, 200),
        ("/transfers/batch", {"items": [order(world)], "all_or_nothing": True}, 200),
        ("/holds", order(world), 201),
        (f"/holds/{held}/capture", {}, 201),
    ]
    for key, (path, body, _) in enumerate(asked):
        for _ in range(2):
            refused = under_one_key(person, path, body, at=ELSEWHERE, key=key)
            assert (refused.status, refused.code) == (422, "network_not_trusted"), path
            assert refused.data["facts"]["opens_at"]
            assert "Idempotent-Replayed" not in refused.headers
    assert world.balance(world.alice_wallet) == before
    assert person.confirm(person.link(at=ELSEWHERE), at=ELSEWHERE).status == 200
    for key, (path, body, status) in enumerate(asked):
        got = under_one_key(person, path, body, at=ELSEWHERE, key=key)
        assert got.status == status, (path, got.body)
        again = under_one_key(person, path, body, at=ELSEWHERE, key=key)
        assert (again.status, again.body) == (status, got.body)
        assert again.headers["Idempotent-Replayed"] == "true"


def test_after_half_an_hour_it_moves(person: Person) -> None:
    started = clock.now()
    person.send(at=ELSEWHERE)
    with time_machine.travel(started + HALF_AN_HOUR - dt.timedelta(seconds=5), tick=False):
        again = Person(person.world, person.user)
        assert again.send(at=ELSEWHERE).code == "network_not_trusted"
    with time_machine.travel(started + HALF_AN_HOUR + dt.timedelta(seconds=30), tick=False):
        again = Person(person.world, person.user)
        assert again.send(at=ELSEWHERE).status == 201


def test_every_way_of_moving_money_waits(person: Person) -> None:
    world = person.world
    done = person.send(at=HOME).data["id"]
    body = order(world, destination_wallet=world.acme_wallet.handle)
    held = person.ask("POST", "/holds", body, at=HOME).data["id"]
    written = journal(world, "alice")
    posted = person.ask("POST", "/ledger/journal-entries", written, at=HOME).data["id"]
    back = Person(world, world.charlie)
    received = back.send_back(at=HOME)
    for who, path, sent in (
        (person, "/transfers", order(world)),
        (person, "/transfers/batch", {"items": [order(world)], "all_or_nothing": True}),
        (person, "/holds", body),
        (person, f"/holds/{held}/capture", {}),
        (person, "/payouts", payout(world)),
        (person, f"/transfers/{received}/reverse", {}),
        (back, f"/transfers/{done}/reverse", {}),
        (person, "/ledger/journal-entries", written),
        (person, f"/ledger/transactions/{posted}/reverse", {"description": "Undone"}),
    ):
        before = world.balance(world.alice_wallet)
        got = who.ask("POST", path, sent, at=ELSEWHERE)
        assert (got.status, got.code) == (422, "network_not_trusted"), (path, got.body)
        assert world.balance(world.alice_wallet) == before
        # It is the place that held it up: at home the very same goes.
        assert who.ask("POST", path, sent, at=HOME).status in (200, 201, 202), path
    olga = Person(world, world.olga)
    cash = {
        "wallet": world.alice_wallet.handle,
        "amount_minor": 100,
        "currency": "INR",
        "external_reference": "UTR-1",
    }
    assert olga.ask("POST", "/deposits", cash, at=HOME).status == 201
    cash["external_reference"] = "UTR-2"
    assert olga.ask("POST", "/deposits", cash, at=ELSEWHERE).code == "network_not_trusted"
    # What moves nothing goes on: letting a hold go, freezing a wallet.
    held = person.ask("POST", "/holds", body, at=HOME).data["id"]
    assert person.ask("POST", f"/holds/{held}/void", {}, at=ELSEWHERE).status == 200
    freeze = f"/wallets/{world.alice_wallet.handle}/freeze"
    assert person.ask("POST", freeze, {}, at=ELSEWHERE).status == 200


def test_whatever_guards_money_waits_as_well(person: Person) -> None:
    """A stolen session elsewhere makes no key, no officer and no rule that holds less."""
    world = person.world
    organization, bob = encode("org", world.acme.id), encode("usr", world.bob.id)
    dual = {"roles": False, "journals": False, "terms": False}
    threshold = {"currency": "INR", "threshold_minor": None, "counts_keys": True}
    for method, path, sent in (
        ("POST", "/api-keys", {"name": "X", "scopes": ["wallets:read"]}),
        ("POST", "/invitations", {"email": "eve@acme.test", "role": "owner"}),
        ("PUT", f"/members/{bob}", {"role": "admin"}),
        ("PUT", f"/organizations/{organization}/approval-policy", {"over_minor": None}),
        ("PUT", "/dual-control-policy", dual),
        ("PUT", "/dual-control-thresholds", threshold),
        ("PUT", "/country-policy", {"countries": []}),
    ):
        got = person.ask(method, path, sent, at=ELSEWHERE)
        assert got.code == "network_not_trusted", (path, got.body)
    with reading(world.actor(world.alice)):
        kept = AuditRecord.objects.filter(action="accounts.network.refuse").count()
    assert kept == 7
    # A member is invited where one is known, too; a colleague is stopped wherever one is.
    member = {"email": "mia@acme.test", "role": "member"}
    refused = person.ask("POST", "/invitations", member, at=ELSEWHERE)
    assert refused.code == "network_not_trusted"
    assert person.ask("DELETE", f"/members/{bob}/sessions", at=ELSEWHERE).status == 204


def test_factors_are_changed_where_one_is_known_once_there_is_one(person: Person) -> None:
    codes = "/me/factors/recovery-codes"
    first = person.ask("POST", "/me/factors/totp", {}, at=ELSEWHERE).data["secret"]
    code = {"code": pyotp.TOTP(first).now()}
    assert person.ask("POST", "/me/factors/totp/confirm", code, at=ELSEWHERE).status == 200
    assert person.ask("POST", codes, {}, at=ELSEWHERE).code == "network_not_trusted"
    assert person.ask("DELETE", "/me/factors/totp", at=ELSEWHERE).code == "network_not_trusted"
    assert person.ask("POST", codes, {}, at=HOME).status in (200, 201)


def test_who_agrees_to_a_payment_does_so_from_where_they_are_known(person: Person) -> None:
    world = person.world
    ann = Person(world, colleague(world, "ann", "admin"))
    assert ann.ask("GET", "/me/networks", at=HOME).status == 200
    dual = {"roles": True, "journals": False, "terms": False}
    assert person.ask("PUT", "/dual-control-policy", dual, at=HOME).status == 200
    path = f"/members/{encode('usr', world.bob.id)}"
    waits = person.ask("PUT", path, {"role": "finance"}, at=HOME)
    assert waits.status == 202
    agree = f"/pending-acts/{waits.data['pending_act']['id']}/agree"
    networks = note_network_of(ann.user, HOME)
    assert networks == 1
    assert ann.ask("POST", agree, {}, at=ELSEWHERE).code == "network_not_trusted"
    assert ann.ask("POST", agree, {}, at=HOME).data["state"] == "agreed"


def test_staff_change_staff_from_where_they_are_known(world: World) -> None:
    olga = dataclasses.replace(world.actor(world.olga), ip=HOME)
    require_known_network(actor=olga, now=clock.now())
    elsewhere = dataclasses.replace(olga, ip=ELSEWHERE)
    now, user_id = clock.now(), world.olga.id
    with pytest.raises(NetworkNotTrusted):
        change_staff_role(actor=elsewhere, user_id=user_id, platform_role="admin", now=now)
    with pytest.raises(NetworkNotTrusted):
        set_setting(actor=elsewhere, name=STAFF_DUAL_CONTROL, value=False, now=clock.now())
    with pytest.raises(LastStaff):
        change_staff_role(actor=olga, user_id=user_id, platform_role="admin", now=now)


def note_network_of(user: User, ip: str) -> int:
    """Let a person have been at a place before; how many places they have."""
    actor = dataclasses.replace(user_actor(user=user, door=Door.API, request_id="t"), ip=ip)
    require_known_network(actor=actor, now=clock.now())
    with reading(actor):
        return Network.objects.filter(user=user).count()


def test_a_dry_run_foretells_it_and_keeps_nothing(person: Person) -> None:
    told = person.ask("POST", "/transfers/dry-run", order(person.world), at=ELSEWHERE)
    assert "network_not_trusted" in told.body.decode()
    held = person.ask("POST", "/holds/dry-run", order(person.world), at=ELSEWHERE)
    assert "network_not_trusted" in held.body.decode()
    refused = person.ask("POST", "/holds", order(person.world), at="192.0.2.8")
    assert refused.data["facts"]["network"] == "192.0.2.8/32"
    assert refused.data["facts"]["opens_at"]
    assert person.here(at="192.0.2.8")["trusted"] is False
    listed = person.ask("GET", "/me/networks", at=HOME).data["data"]
    assert [one["prefix"] for one in listed] == ["192.0.2.8/32", f"{HOME}/32"]


def test_a_key_is_no_person_and_moves_from_anywhere(world: World) -> None:
    key = Caller(world.acme_key)
    body = order(world, source_wallet=world.acme_wallet.handle)
    for number, place in enumerate((HOME, ELSEWHERE, "2001:db8::1")):
        sent = {"X-Forwarded-For": place}
        assert key("POST", "/transfers", body, key=f"k{number}", headers=sent).status == 201


def test_the_link_opens_the_network_it_was_asked_from_once(person: Person) -> None:
    token = person.link(at=ELSEWHERE)
    assert person.confirm(token, at="192.0.2.77").data["prefix"] == f"{ELSEWHERE}/32"
    assert person.send(at=ELSEWHERE).status == 201
    assert person.send(at="192.0.2.77").code == "network_not_trusted"
    assert person.confirm(token, at=ELSEWHERE).code == "invalid_network_link"


def test_the_link_is_for_one_person(person: Person) -> None:
    token = person.link(at=ELSEWHERE)
    for user in (person.world.charlie, person.world.bob, person.world.olga):
        other = Person(person.world, user)
        assert other.confirm(token, at=ELSEWHERE).code == "invalid_network_link"
    assert person.send(at=ELSEWHERE).code == "network_not_trusted"
    assert person.confirm(token, at=ELSEWHERE).status == 200


def test_an_old_link_and_the_one_before_the_last_are_void(person: Person) -> None:
    started = clock.now()
    first = person.link(at=ELSEWHERE)
    assert person.ask("POST", "/me/networks/link", {}, at=ELSEWHERE).code == "network_link_too_soon"
    with time_machine.travel(started + dt.timedelta(minutes=2), tick=False):
        second = person.link(at=ELSEWHERE)
        assert person.confirm(first, at=ELSEWHERE).code == "invalid_network_link"
    with time_machine.travel(started + dt.timedelta(minutes=33), tick=False):
        late = Person(person.world, person.user)
        assert late.confirm(second, at=ELSEWHERE).code == "invalid_network_link"


@pytest.mark.parametrize("token", ["x", "é" * 43, "' OR 1=1 --"])
def test_what_was_never_sent_confirms_nothing(person: Person, token: str) -> None:
    person.send(at=ELSEWHERE)
    assert person.confirm(token, at=ELSEWHERE).code == "invalid_network_link"


def test_addresses_of_one_site_are_one_network(person: Person) -> None:
    token = person.link(at="2001:db8:1:2::1")
    person.confirm(token, at=HOME)
    for address in ("2001:db8:1:2:ffff::9", "[2001:db8:1:2::abcd]", "2001:DB8:1:2::7"):
        assert person.send(at=address).status == 201, address
    assert person.send(at="2001:db8:1:3::1").code == "network_not_trusted"
    assert person.send(at=f"::ffff:{HOME}").status == 201


def test_who_writes_the_header_does_not_choose_the_address(person: Person) -> None:
    """Only the entry that our own proxy appended counts."""
    for forged in (f"{HOME}, {ELSEWHERE}", f"{HOME},{HOME},{ELSEWHERE}", f" ,{ELSEWHERE}"):
        assert person.send(at=forged).code == "network_not_trusted"
    for nonsense in ("unknown", "'; --", "1.2.3", f"{HOME}, x", "999.1.1.1"):
        got = person.send(at=nonsense)
        assert got.code == "network_not_trusted"
        assert person.here(at=nonsense)["prefix"] == "0.0.0.0/32"
    assert person.send(at=f"{HOME}:5123").status == 201


def test_without_a_proxy_the_header_says_nothing(person: Person, settings: Settings) -> None:
    settings.VAULTCRAFT_PROXIES = 0
    assert person.send(at=HOME).code == "network_not_trusted"
    assert person.here(at=HOME)["prefix"] == "127.0.0.1/32"


def test_a_disowned_network_ends_its_sessions_and_opens_by_the_link_alone(person: Person) -> None:
    there = dataclasses.replace(person.world.actor(person.user), ip=ELSEWHERE)
    signed = open_session(actor=there, now=clock.now())
    listed = person.ask("GET", "/me/networks", at=HOME).data["data"]
    assert [one["current"] for one in listed] == [False, True]
    assert listed[0]["trusted"] is False
    path = f"/me/networks/{listed[0]['id']}"
    assert Person(person.world, person.world.charlie).ask("DELETE", path, at=HOME).status == 404
    assert person.ask("DELETE", path, at=HOME).status == 204
    assert Caller(signed.access).get("/me").status == 401
    assert person.send(at=ELSEWHERE).code == "network_not_trusted"
    assert person.here(at=ELSEWHERE)["opens_at"] is None
    later = clock.now() + dt.timedelta(days=2)
    with time_machine.travel(later, tick=False):
        again = Person(person.world, person.user)
        assert again.send(at=ELSEWHERE).code == "network_not_trusted"
        again.confirm(again.link(at=ELSEWHERE), at=HOME)
        assert again.send(at=ELSEWHERE).status == 201


def test_countries_need_a_file(person: Person) -> None:
    wanted = {"countries": ["IN"]}
    refused = person.ask("PUT", "/country-policy", wanted, at=HOME)
    assert (refused.status, refused.code) == (422, "countries_unknown")
    assert person.ask("GET", "/country-policy", at=HOME).data["countries"] == []


def test_money_leaves_from_the_allowed_countries(
    person: Person, settings: Settings, tmp_path: Path
) -> None:
    where = {"203.0.113.0/24": "IN", "198.51.100.0/24": "US", "2001:db8::/32": "DE"}
    settings.VAULTCRAFT_GEOIP_PATH = str(write_countries(tmp_path / "geo.mmdb", where))
    wanted = {"countries": ["US", "DE"]}
    assert person.ask("PUT", "/country-policy", wanted, at=HOME).data["countries"] == ["DE", "US"]
    kept = under_one_key(person, "/transfers", order(person.world), at=HOME)
    assert kept.code == "country_not_allowed"
    assert person.send(at=ELSEWHERE).code == "network_not_trusted"
    person.confirm(person.link(at=ELSEWHERE), at=HOME)
    person.confirm(person.link(at="2001:db8::1"), at=HOME)
    person.confirm(person.link(at="192.0.2.1"), at=HOME)
    sent = under_one_key(person, "/transfers", order(person.world), at=ELSEWHERE)
    assert sent.status == 201
    assert person.send(at="2001:db8::1").status == 201
    assert person.send(at="192.0.2.1").code == "country_not_allowed"  # nobody knows where that is
    settings.VAULTCRAFT_GEOIP_PATH = str(tmp_path / "gone.mmdb")
    assert person.send(at=ELSEWHERE).code == "country_not_allowed"
    assert person.ask("PUT", "/country-policy", {"countries": []}, at=HOME).status == 200
    assert person.send(at=ELSEWHERE).status == 201
    assert person.ask("PUT", "/country-policy", {"countries": ["ZZ"]}, at=HOME).status == 422


def told_of_networks() -> list[str]:
    """The mails about new networks that were not sent before."""
    mail.outbox.clear()
    deliver_due(actor=system(door=Door.TASK, request_id="t"), now=clock.now())
    return [str(one.body) for one in mail.outbox if one.subject == "You were seen on a new network"]


def test_the_person_is_told_once_when_money_is_refused_from_a_new_network(person: Person) -> None:
    assert told_of_networks() == []
    for _ in range(3):
        assert person.send(at=ELSEWHERE).code == "network_not_trusted"
    (letter,) = told_of_networks()
    assert f"{ELSEWHERE}/32" in letter
    assert f"came from {ELSEWHERE}" in letter
    assert f"On {clock.now():%d %B %Y}" in letter
    assert 'choose "Not mine"' in letter
    person.send(at=ELSEWHERE)
    assert told_of_networks() == []


def test_the_person_is_told_when_a_known_device_appears_elsewhere(world: World) -> None:
    body = {"email": world.bob.email, "password": PASSWORD}
    asked = Caller()("POST", "/auth/token", body, headers={"X-Forwarded-For": HOME})
    answered = Caller()(
        "POST",
        "/auth/token/challenge",
        {
            "id": asked.data["challenge"]["id"],
            "method": "email",
            "code": code_mailed_to(world.bob),
        },
        headers={"X-Forwarded-For": HOME},
    )
    known = {**body, "device_token": answered.data["device_token"]}
    told_of_networks()
    assert (
        "access" in Caller()("POST", "/auth/token", known, headers={"X-Forwarded-For": HOME}).data
    )
    assert told_of_networks() == []
    away = Caller()("POST", "/auth/token", known, headers={"X-Forwarded-For": ELSEWHERE})
    assert "access" in away.data
    assert len(told_of_networks()) == 1


def test_disowning_a_network_ends_a_session_that_was_opened_elsewhere(person: Person) -> None:
    """A stolen cookie or token comes from a session that its person opened at home."""
    stolen = person
    assert stolen.send(at=ELSEWHERE).code == "network_not_trusted"
    mine = Person(person.world, person.user)
    listed = mine.ask("GET", "/me/networks", at=HOME).data["data"]
    (theirs,) = [one for one in listed if one["prefix"] == f"{ELSEWHERE}/32"]
    assert mine.ask("DELETE", f"/me/networks/{theirs['id']}", at=HOME).status == 204
    assert stolen.ask("GET", "/me", at=ELSEWHERE).status == 401
    assert stolen.ask("GET", "/me", at=HOME).status == 401
    assert mine.ask("GET", "/me", at=HOME).status == 200
