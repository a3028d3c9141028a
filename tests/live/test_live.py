"""What open pages are told, and who is not: real PostgreSQL, NATS and HTTP."""

from __future__ import annotations

import io
import json
import secrets
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.test import Client

from accounts.actors import user_actor
from accounts.models import SignInSession, User
from accounts.services.organizations import (
    activate_organization,
    register_organization,
    suspend_organization,
)
from accounts.services.people import remove_member
from accounts.services.sessions import end_sessions_of_person, revoke_session
from kernel import clock
from kernel.actor import Door, anonymous
from kernel.ids import encode
from kernel.rates.table import ClassRates, Rate, RouteClass
from tests.backbone.brokers import own_broker
from tests.database import all_seeing
from tests.live.inside import carrying, following
from tests.live.stack import Page, opened, own_namespace
from tests.mailbox import confirm_address
from tests.security.conftest import written
from tests.web.conftest import Visit, visit
from tests.world import PASSWORD, World, colleague
from wallets.choices import WalletKind
from wallets.services.wallets import open_wallet

__all__ = ["visit", "written"]


@pytest.fixture
def port(committed_db: str, world: World) -> Iterator[int]:
    with own_namespace(), carrying(), following() as (_, found):
        yield found


def cookie_of(client: Client) -> str:
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def session_of(user: User) -> SignInSession:
    with all_seeing():
        return SignInSession.objects.get(user=user, door=Door.WEB, revoked_at=None)


def followed(port: int, client: Client, **more: str) -> Page:
    """A page, past its greeting."""
    page = opened(port, cookie_of(client), **more)
    first = page.next()
    assert first is not None
    assert first["event"] == "hello"
    return page


def test_each_side_is_told_what_its_own_wallet_shows(port: int, world: World, visit: Visit) -> None:
    charlie = followed(port, visit(world.charlie))
    alice = followed(port, visit(world.alice))
    assert charlie.answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert charlie.answer.headers["Cache-Control"] == "no-store"
    assert charlie.answer.headers["X-Content-Type-Options"] == "nosniff"
    world.send(amount_minor=12_50)
    received, paid = charlie.next(), alice.next()
    assert received is not None
    assert paid is not None
    assert received["data"]["name"] == "ledger.transaction.posted"
    assert received["data"]["wallets"] == [
        {
            "wallet": encode("wal", world.charlie_wallet.id),
            "balance_minor": 50_012_50,
            "currency": "INR",
            "version": 2,
        }
    ]
    (own,) = paid["data"]["wallets"]
    assert own["wallet"] == encode("wal", world.alice_wallet.id)
    assert own["balance_minor"] == 99_987_50
    assert charlie.nothing()


def test_nobody_is_told_of_wallets_they_may_not_see(port: int, world: World, visit: Visit) -> None:
    """Neither another organization's, nor a colleague's without the permission to see all."""
    mia = colleague(world, "mia", "member")
    hers = open_wallet(
        actor=world.actor(mia),
        owner_id=mia.id,
        kind=WalletKind.CURRENT,
        currency="INR",
        now=clock.now(),
    )
    charlie, page = followed(port, visit(world.charlie)), followed(port, visit(mia))
    world.send(amount_minor=5_00, destination=world.acme_wallet.handle)
    assert page.nothing()
    assert charlie.nothing(seconds=0.1)
    world.send(amount_minor=7_00, destination=hers.handle)
    told = page.next()
    assert told is not None
    assert [one["wallet"] for one in told["data"]["wallets"]] == [encode("wal", hers.id)]
    assert charlie.nothing(seconds=0.3)


def ends(page: Page, *, why: str = "signed_out", seconds: float = 2.5) -> float:
    """After how long the stream is over."""
    begun = time.monotonic()
    last = page.next(seconds=seconds)
    assert last is not None
    assert (last["event"], last["data"]) == ("ended", {"why": why})
    assert page.next(seconds=1) is None
    return time.monotonic() - begun


def test_a_stream_ends_with_its_session_and_says_nothing_more(
    port: int, world: World, visit: Visit
) -> None:
    client = visit(world.alice)
    page, other = followed(port, client), followed(port, visit(world.charlie))
    actor = user_actor(user=world.alice, door=Door.WEB, request_id="test")
    revoke_session(actor=actor, session_id=session_of(world.alice).id, now=clock.now())
    assert ends(page) < 2.5
    assert Page(port, cookie_of(client)).status == 401
    world.send(amount_minor=1_00)
    assert other.next() is not None


def test_a_stream_ends_with_the_membership(port: int, world: World, visit: Visit) -> None:
    bob = followed(port, visit(world.bob))
    remove_member(actor=world.actor(world.alice), user_id=world.bob.id, now=clock.now())
    ends(bob)


def test_a_stream_ends_when_somebody_signs_its_person_out(
    port: int, world: World, visit: Visit
) -> None:
    bob = followed(port, visit(world.bob))
    end_sessions_of_person(actor=world.actor(world.alice), user_id=world.bob.id, now=clock.now())
    ends(bob)


def test_streams_end_when_their_organization_is_suspended(
    port: int, world: World, visit: Visit
) -> None:
    charlie, alice = followed(port, visit(world.charlie)), followed(port, visit(world.alice))
    suspend_organization(
        actor=world.actor(world.olga),
        organization_id=world.globex.id,
        reason="because",
        now=clock.now(),
    )
    ends(charlie)
    assert alice.nothing(seconds=0.3)


def test_a_page_resumes_without_loss_or_repetition(port: int, world: World, visit: Visit) -> None:
    client = visit(world.charlie)
    page = followed(port, client)
    world.send(amount_minor=1_00)
    first = page.next()
    assert first is not None
    page.close()
    for _ in range(3):
        world.send(amount_minor=1_00)
    again = opened(port, cookie_of(client), last_id=first["id"])
    world.send(amount_minor=1_00)
    told = [again.next() for _ in range(4)]
    assert [one and one["event"] for one in told] == ["change"] * 4
    assert [one["data"]["wallets"][0]["version"] for one in told if one] == [3, 4, 5, 6]
    assert again.nothing()


def test_a_place_that_is_none_of_ones_own_means_to_draw_the_page_again(
    port: int, world: World, visit: Visit
) -> None:
    """Forged, too old, or another organization's: nothing is told but to begin anew."""
    alice = followed(port, visit(world.alice))
    world.send(amount_minor=1_00, destination=world.acme_wallet.handle)
    of_acme = alice.next()
    assert of_acme is not None
    client = visit(world.charlie)
    for forged in ("1", "0", "-1", "' OR 1=1", "x" * 5_000, str(uuid.uuid4()), of_acme["id"]):
        page = opened(port, cookie_of(client), last_id=forged)
        told = page.next()
        assert told is not None
        assert told["event"] == "reload"
        assert page.nothing(seconds=0.1)
        page.close()


def test_who_may_not_follow_is_refused(port: int, world: World, visit: Visit) -> None:
    alice = cookie_of(visit(world.alice))
    followed(port, visit(world.charlie))
    assert opened(port, "").status == 401
    assert Page(port, "a" * 32).status == 401
    assert Page(port, cookie_of(visit(world.olga))).status == 403
    assert Page(port, alice, **{"Sec-Fetch-Site": "cross-site"}).status == 403
    assert Page(port, alice, **{"Sec-Fetch-Site": "same-site"}).status == 403
    assert Page(port, alice, Host="evil.test").status == 403
    refused = Page(port, "a" * 32).answer
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert "Access-Control-Allow-Origin" not in refused.headers


def test_what_is_refused_is_a_security_event_and_counted(
    port: int,
    world: World,
    visit: Visit,
    written: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    followed(port, visit(world.alice))
    narrow = ClassRates(address=Rate(2, 3_600), strict=True)
    rates = {**settings.VAULTCRAFT_RATES, RouteClass.REFUSED_CREDENTIALS: narrow}
    monkeypatch.setattr(settings, "VAULTCRAFT_RATES", rates)
    own = f"2001:db8:{secrets.token_hex(2)}::1"
    forged = [Page(port, "a" * 32, **{"X-Vaultcraft-Client": own}).status for _ in range(3)]
    assert forged == [401, 401, 429]
    assert Page(port, cookie_of(visit(world.olga)), **{"X-Vaultcraft-Client": own}).status == 403
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    told = [line for line in lines if line["logger"] == "security"]
    assert [(line["event"], line.get("code")) for line in told] == [
        ("authentication_failed", "no_session"),
        ("authentication_failed", "no_session"),
        ("quota_exceeded", None),
        ("access_refused", "permission_denied"),
    ]
    assert {line["ip"] for line in told} == {own}
    assert {line["route"] for line in told if "route" in line} == {"/live"}


@pytest.mark.parametrize("cookie", ['"aaaaaaaaaaaa\\000b"', "A" * 32, "short"])
def test_a_cookie_that_is_no_session_s_is_nobody_s(port: int, world: World, cookie: str) -> None:
    assert opened(port, cookie).status == 401


def test_nothing_is_followed_before_address_and_organization_are_good(
    port: int, world: World, visit: Visit
) -> None:
    """Anybody can register: strangers would have all the places."""
    followed(port, visit(world.charlie))
    made = register_organization(
        actor=anonymous(door=Door.WEB, request_id="test", ip=None),
        organization_name="Initech",
        country="IN",
        base_currency="INR",
        owner_email="ian@initech.test",
        owner_name="Ian Initech",
        password=PASSWORD,
        now=clock.now(),
    )
    client = visit(made.owner)
    assert client.get("/").status_code == 200
    assert Page(port, cookie_of(client)).status == 403
    confirm_address(made.owner, now=clock.now(), request_id="test")
    assert Page(port, cookie_of(client)).status == 403
    activate_organization(
        actor=world.actor(world.olga), organization_id=made.organization.id, now=clock.now()
    )
    assert Page(port, cookie_of(client)).status == 200


def test_one_person_has_so_many_and_leaving_makes_room(
    port: int, world: World, visit: Visit
) -> None:
    cookie = cookie_of(visit(world.alice))
    pages = [opened(port, cookie) for _ in range(4)]
    assert [page.status for page in pages] == [200] * 4
    assert Page(port, cookie).status == 429
    assert opened(port, cookie_of(visit(world.charlie))).status == 200
    pages[0].close()
    until = time.monotonic() + 5
    while (status := Page(port, cookie).status) == 429 and time.monotonic() < until:
        time.sleep(0.05)
    assert status == 200


def test_one_organization_leaves_places_for_the_others(
    committed_db: str, world: World, visit: Visit
) -> None:
    with own_namespace(), carrying(), following(most_together=2) as (_, port):
        alice, bob = cookie_of(visit(world.alice)), cookie_of(visit(world.bob))
        pages = [opened(port, alice), opened(port, bob)]
        refused = Page(port, bob)
        assert [page.status for page in (*pages, refused)] == [200, 200, 429]
        assert b"too_many_streams_of_organization" in refused.answer.read()
        assert Page(port, cookie_of(visit(world.charlie))).status == 200


def test_of_a_thousand_connections_those_past_the_bound_are_refused(
    committed_db: str, world: World, visit: Visit
) -> None:
    cookie = cookie_of(visit(world.alice))
    with own_namespace(), carrying(), following(most=20, most_each=1_000) as (live, port):
        followed(port, visit(world.charlie)).close()
        until = time.monotonic() + 5
        while live.hub.listening() and time.monotonic() < until:
            time.sleep(0.05)
        with ThreadPoolExecutor(8) as pool:
            pages = list(pool.map(lambda _: Page(port, cookie), range(1_000)))
        statuses = [page.status for page in pages]
        assert statuses.count(200) == 20
        assert statuses.count(503) == 980
        world.send(amount_minor=1_00)
        kept = [page for page in pages if page.status == 200]
        assert all((page.next() or {})["event"] == "hello" for page in kept)
        assert all((page.next() or {})["event"] == "change" for page in kept)
        for page in pages:
            page.close()


def test_without_a_broker_nothing_waits_and_afterwards_all_is_told(
    committed_db: str, world: World, visit: Visit
) -> None:
    client = visit(world.charlie)
    with own_broker() as broker, own_namespace(), following() as (_, port):
        begun = time.monotonic()
        assert Page(port, cookie_of(client)).status == 503
        assert time.monotonic() - begun < 2
        assert client.get("/").status_code == 200
        broker.start()
        with carrying():
            page = followed(port, client)
            world.send(amount_minor=1_00)
            assert (page.next() or {})["event"] == "change"
            broker.kill()
            world.send(amount_minor=2_00)
            assert page.nothing()
            assert client.get("/").status_code == 200
            broker.start()
            told = page.next(seconds=30)
            assert told is not None
            assert told["data"]["wallets"][0]["version"] == 3
