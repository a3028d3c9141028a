"""One ground for the whole suite of a module: built once, and every test leaves it as it was."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from accounts.actors import user_actor
from accounts.choices import KeyScope
from accounts.models import User
from accounts.services.api_keys import issue
from accounts.services.sessions import open_browser_session, open_session
from kernel import clock
from kernel.actor import Door
from tests.tenants.victim import MARK, Holdings, Victim, build_victim, holdings
from tests.world import NOW, World, build_world
from web.doors import SESSION_KEY


@dataclasses.dataclass(frozen=True)
class Ground:
    """Charlie, who owns Globex, and Umbra, with which Globex has nothing to do.

    :param key: an API key of Globex with every scope there is.
    :param before: what Umbra has.
    """

    world: World
    victim: Victim
    token: str
    key: str
    session_id: str
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
        """Nothing of Umbra's is in an answer, and nothing of Umbra's has changed.

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
        after = holdings(self.victim.organization_id).state
        changed = [table for table, digest in self.before.state.items() if after[table] != digest]
        assert not changed, f"{what} changed {changed} of another tenant"


@pytest.fixture(scope="module")
def _built(django_db_blocker: DjangoDbBlocker) -> Iterator[Ground]:
    with django_db_blocker.unblock(), RolledBack():
        yield _build()


@pytest.fixture
def ground(_built: Ground, django_db_blocker: DjangoDbBlocker) -> Iterator[Ground]:
    """The ground; whatever a test does to it is undone after the test."""
    with django_db_blocker.unblock(), RolledBack():
        yield _built


class RolledBack:
    """A transaction of the test's own, as Django's test cases have: use cases run inside it."""

    def __enter__(self) -> None:
        self._block = transaction.atomic()
        self._block._from_testcase = True  # type: ignore[attr-defined]
        self._block.__enter__()

    def __exit__(self, *_: object) -> None:
        transaction.set_rollback(True)
        self._block.__exit__(None, None, None)


def _build() -> Ground:
    world = build_world()
    victim = build_victim(world)
    charlie = world.actor(world.charlie)
    secret = issue(
        actor=world.actor(world.olga),
        organization_id=world.globex.id,
        name="Everything",
        scopes=[scope.value for scope in KeyScope],
        now=NOW,
    ).secret
    return Ground(
        world=world,
        victim=victim,
        token=open_session(actor=charlie, now=clock.now()).access,
        key=secret,
        session_id=_browser_session(world.charlie),
        before=holdings(victim.organization_id),
    )


def _browser_session(user: User) -> str:
    actor = user_actor(user=user, door=Door.WEB, request_id="test")
    return str(open_browser_session(actor=actor, now=clock.now()).id)
