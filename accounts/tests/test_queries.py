"""What each actor may see, and in how many queries."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import queries
from accounts.models import User
from accounts.services.api_keys import authenticate
from accounts.services.invitations import invite
from accounts.services.organizations import activate_organization
from accounts.services.sessions import open_session
from accounts.tests.builders import NOW, ROOT, STRANGER, acting, joined, registered, staff
from kernel.actor import Actor, Door
from kernel.ids import new_id
from tests.keys import issue

pytestmark = pytest.mark.django_db


def names(people) -> set[str]:
    return {user.full_name for user in people}


@pytest.fixture
def acme() -> User:
    """Acme's owner; Acme also has Bob (viewer) and Mia (member), Globex has Charlie."""
    alice = registered().owner
    joined(alice, "bob", "viewer")
    joined(alice, "mia", "member")
    registered("Globex", "charlie")
    return alice


def key_of(owner: User) -> Actor:
    secret = issue(actor=acting(owner), name="Server", scopes=["wallets:read"], now=NOW).secret
    return authenticate(secret=secret, door=Door.API, request_id="r", ip=None, now=NOW)


def test_active_organizations_in_one_query(acme):
    globex_id = User.objects.get(full_name="Charlie").organization_id
    assert globex_id is not None
    activate_organization(actor=ROOT, organization_id=acme.organization_id, now=NOW)
    with CaptureQueriesContext(connection) as run:
        active = queries.active_organizations([acme.organization_id, globex_id, new_id()])
    assert active == {acme.organization_id}
    assert len(run) == 1


def test_display_names_in_one_query(acme):
    with CaptureQueriesContext(connection) as run:
        assert queries.display_names([acme.organization_id]) == {acme.organization_id: "Acme"}
    assert len(run) == 1


def test_everybody_sees_the_own_organization_and_the_platform_sees_all(acme):
    mine = queries.visible_organizations(acting(acme))
    assert [organization.slug for organization in mine] == ["acme"]
    assert queries.visible_organizations(acting(staff())).count() == 2
    assert not queries.visible_organizations(STRANGER).exists()


def test_people_are_seen_by_those_who_may(acme):
    bob, mia = (User.objects.get(full_name=name) for name in ("Bob", "Mia"))
    olga = acting(staff("moderator"))
    with CaptureQueriesContext(connection) as run:
        assert names(queries.visible_people(acting(acme))) == {"Alice", "Bob", "Mia"}
    assert len(run) == 1
    assert names(queries.visible_people(acting(bob))) == {"Alice", "Bob", "Mia"}
    assert names(queries.visible_people(acting(mia))) == {"Mia"}
    assert names(queries.visible_people(olga)) == {"Alice", "Bob", "Mia", "Charlie", "Olga"}
    assert not queries.visible_people(key_of(acme)).exists()
    assert not queries.visible_people(STRANGER).exists()


def test_keys_are_seen_by_managers_of_the_same_organization(acme):
    key = key_of(acme)
    bob, charlie = (User.objects.get(full_name=name) for name in ("Bob", "Charlie"))
    assert queries.visible_api_keys(acting(acme)).get().id == key.id
    assert queries.visible_api_keys(acting(staff())).get().id == key.id
    for other in (acting(bob), acting(charlie), key, STRANGER):
        assert not queries.visible_api_keys(other).exists()


def test_invitations_are_seen_inside_the_organization(acme):
    charlie = User.objects.get(full_name="Charlie")
    invite(actor=acting(charlie), email="dora@globex.test", role="viewer", now=NOW)
    assert queries.visible_invitations(acting(acme)).count() == 2
    assert queries.visible_invitations(acting(charlie)).get().email == "dora@globex.test"
    assert not queries.visible_invitations(STRANGER).exists()


def test_sessions_are_seen_by_their_person_and_by_managers(acme):
    people = {name: User.objects.get(full_name=name) for name in ("Bob", "Mia", "Charlie")}
    for person in (acme, *people.values()):
        open_session(actor=acting(person), now=NOW)
    seen = {
        name: {session.user.full_name for session in queries.visible_sessions(acting(person))}
        for name, person in (people | {"Alice": acme}).items()
    }
    assert seen == {
        "Alice": {"Alice", "Bob", "Mia"},
        "Bob": {"Bob"},
        "Mia": {"Mia"},
        "Charlie": {"Charlie"},
    }
    assert queries.visible_sessions(acting(staff())).count() == 4
    assert not queries.visible_sessions(STRANGER).exists()


def test_a_session_counts_until_its_absolute_end(acme):
    session_id = open_session(actor=acting(acme), now=NOW).session_id
    end = NOW + dt.timedelta(days=90)
    with CaptureQueriesContext(connection) as run:
        session = queries.live_session(session_id=session_id, now=NOW)
        assert session is not None
        assert str(session.user.organization) == "Acme"
    assert len(run) == 1
    assert queries.live_session(session_id=session_id, now=end) is None
    assert queries.live_session(session_id=new_id(), now=NOW) is None
