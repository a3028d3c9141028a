"""One ground for the whole suite of a module: built once, and every test leaves it as it was."""

from __future__ import annotations

import contextlib
import dataclasses
import uuid
from collections.abc import Iterator, Mapping

import pytest
from django.test import Client

from accounts.actors import user_actor
from accounts.choices import FactorMethod, KeyScope
from accounts.models import User
from accounts.queries import visible_api_keys
from accounts.services.sessions import open_browser_session, open_session
from kernel import clock, ids
from kernel.actor import Door
from kernel.context import reading
from ledger.models import AccountGroup, LedgerAccount
from tests.database import rolled_back, written
from tests.keys import issue
from tests.proof import settle
from tests.tenants.consent import papers, proven
from tests.tenants.victim import MARK, Holdings, Victim, build_victim, holdings
from tests.world import NOW, World
from web.doors import SESSION_KEY


@dataclasses.dataclass(frozen=True)
class Ground:
    """Charlie, who owns Globex, and Umbra, with which Globex has nothing to do.

    Charlie has just proven a second factor and has a PIN: neither stands in the way.

    :param key: an API key of Globex with every scope there is.
    :param own: things of Globex's by the prefix of their public id, as the API calls them.
    :param before: what Umbra has.
    """

    world: World
    victim: Victim
    token: str
    key: str
    session_id: str
    own: Mapping[str, str]
    before: Holdings

    def browser(self) -> Client:
        """Charlie's, signed in."""
        client = Client(raise_request_exception=False)
        session = client.session
        session[SESSION_KEY] = self.session_id
        session.save()
        return client

    def check(
        self, body: bytes, *, sent: str, what: str, known: frozenset[str] = frozenset()
    ) -> None:
        """Nothing of Umbra's is in an answer.

        :param sent: the whole request: an answer may repeat what it was asked.
        :param known: what may be told of a wallet whose name one knows.
        """
        text = body.decode(errors="replace")
        for word in known:
            text = text.replace(word, "")
        told = {key for key in self.before.keys if key in text and key not in sent}
        assert not told, f"{what} tells ids of another tenant"
        place = text.lower().find(MARK)
        assert place < 0 or MARK in sent.lower(), f"{what} tells {text[place - 80 : place + 80]!r}"

    def unchanged(self, what: str) -> None:
        """Nothing of Umbra's has changed."""
        after = holdings(self.victim.organization_id).state
        changed = [table for table, digest in self.before.state.items() if after[table] != digest]
        assert not changed, f"{what} changed {changed} of another tenant"


@pytest.fixture(scope="module")
def _built(shared_world: World) -> Ground:
    before = written()
    ground = _build(shared_world)
    assert written() > before + 100, "what is written is not counted, so nothing would be noticed"
    return ground


@pytest.fixture
def ground(_built: Ground) -> Iterator[Ground]:
    """The ground, of which Umbra's part is as it was after every test; all is undone then."""
    with undone(_built, "the test"):
        yield _built


@contextlib.contextmanager
def undone(ground: Ground, what: str) -> Iterator[None]:
    """Undo what the block does, after a look at Umbra's part of it.

    The look takes longer than a request. Where no row was written there is nothing to see.
    """
    before = written()
    with rolled_back():
        yield
        if written() != before:
            ground.unchanged(what)


def _build(world: World) -> Ground:
    victim = build_victim(world)
    charlie = world.actor(world.charlie)
    proven(charlie)
    secret = issue(
        actor=world.actor(world.olga),
        organization_id=world.globex.id,
        name="Everything",
        scopes=[scope.value for scope in KeyScope],
        now=NOW,
    ).secret
    opened = open_session(actor=charlie, now=clock.now(), second_factor=FactorMethod.TOTP)
    settle(opened.session_id)
    return Ground(
        world=world,
        victim=victim,
        token=opened.access,
        key=secret,
        session_id=_browser_session(world.charlie),
        own=_own_things(world),
        before=holdings(victim.organization_id),
    )


def _own_things(world: World) -> dict[str, str]:
    """Globex's; of what it has none, an id that is nobody's."""
    actor = world.actor(world.charlie)
    with reading(actor):
        found = {
            "org": world.globex.id,
            "usr": world.charlie.id,
            "wal": world.charlie_wallet.id,
            "agr": AccountGroup.objects.get(code="5200").id,
            "acc": LedgerAccount.objects.get(code="4900-RESIDUE", currency_id="INR").id,
            "key": visible_api_keys(actor).latest("id").id,
        }
    found["doc"] = papers(actor, "Charlie Globex").id
    missing = (
        *("apr", "dev", "hld", "inv", "lim", "net", "pac", "per", "pky", "ses", "txn", "trf"),
        *("whd", "whe"),
    )
    nobodys = dict.fromkeys(missing, uuid.UUID(int=1))
    return {prefix: ids.encode(prefix, value) for prefix, value in (found | nobodys).items()}


def _browser_session(user: User) -> str:
    actor = user_actor(user=user, door=Door.WEB, request_id="test")
    opened = open_browser_session(actor=actor, now=clock.now(), second_factor=FactorMethod.TOTP)
    settle(opened.id)
    return str(opened.id)
