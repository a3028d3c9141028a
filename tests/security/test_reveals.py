"""Who holds a reviewer's mailbox, or their session elsewhere, sees nobody's papers in clear.

Looking into what is sealed gives power (`kyc.open`): a factor that counts, on a network the
reviewer is known on. Refusing and asking for more only stop something, and go on from anywhere.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.choices import FactorMethod
from accounts.errors import NetworkNotTrusted, SettledFactorRequired
from accounts.services.networks import require_known_network
from accounts.services.sessions import open_browser_session
from kernel import clock
from kernel.actor import Actor
from kernel.context import reading
from kyc.choices import CaseState
from kyc.models import Document
from kyc.services.revealing import open_document, reveal_details
from kyc.services.reviewing import ask_for_more, reject_case
from kyc.tests.people import now_of, root, screened, staff, told, verified
from tests.web.conftest import Visit
from tests.world import NOW, World
from web.doors import SESSION_KEY

pytestmark = pytest.mark.django_db

HOME, ELSEWHERE = "203.0.113.1", "198.51.100.9"
REVIEW = "/admin/kyc/case/review/"


def away(actor: Actor) -> Actor:
    """The same reviewer, known at home, from a network they were never seen on."""
    require_known_network(actor=dataclasses.replace(actor, ip=HOME), now=NOW)
    return dataclasses.replace(actor, ip=ELSEWHERE)


def looks(actor: Actor, *, case_id: Any, reason: str = "") -> list[Callable[[], object]]:
    """Both ways to see in clear what is sealed of a case."""
    with reading(root()):
        document = Document.objects.get(case_id=case_id)
    given: dict[str, Any] = {"actor": actor, "reason": reason, "now": NOW}
    return [
        lambda: reveal_details(case_id=case_id, **given),
        lambda: open_document(document_id=document.id, **given),
    ]


def test_papers_are_opened_where_the_reviewer_is_known(world: World) -> None:
    case = screened(world, world.alice)
    reviewer = staff("moderator")
    for look in looks(away(reviewer), case_id=case.id):
        with pytest.raises(NetworkNotTrusted):
            look()
    assert not told("kyc.case.reveal")
    assert not told("kyc.document.open")
    assert [one.actor_id for one in told("accounts.network.refuse")] == [reviewer.id] * 2
    for look in looks(dataclasses.replace(reviewer, ip=HOME), case_id=case.id):
        look()
    assert len(told("kyc.case.reveal")) == len(told("kyc.document.open")) == 1


def test_those_of_a_decided_case_as_well(world: World) -> None:
    case = verified(world, world.alice)
    admin = staff("admin")
    for look in looks(away(admin), case_id=case.id, reason="Complaint 4711"):
        with pytest.raises(NetworkNotTrusted):
            look()
    assert not told("kyc.case.reveal")
    for look in looks(dataclasses.replace(admin, ip=HOME), case_id=case.id, reason="Complaint"):
        look()


def test_a_factor_added_a_moment_ago_opens_none(world: World) -> None:
    case = screened(world, world.alice)
    fresh = dataclasses.replace(staff("moderator"), proven_settled=False)
    for look in looks(fresh, case_id=case.id):
        with pytest.raises(SettledFactorRequired):
            look()
    assert not told("kyc.case.reveal")


def test_refusing_goes_on_from_anywhere(world: World) -> None:
    reviewer = away(dataclasses.replace(staff("moderator"), proven_settled=False))
    more, no = screened(world, world.alice), screened(world, world.bob, id_number="B7654321")
    ask_for_more(actor=reviewer, case_id=more.id, reason="document_unreadable", now=NOW)
    reject_case(actor=reviewer, case_id=no.id, reason="document_not_genuine", now=NOW)
    assert now_of(more).state == CaseState.MORE_INFO
    assert now_of(no).state == CaseState.REJECTED


def test_the_page_shows_nothing_from_elsewhere_and_says_why(world: World, visit: Visit) -> None:
    case = screened(world, world.alice)
    with reading(root()):
        document = Document.objects.get()
    client = visit(world.olga)
    asked = [{"change": "reveal"}, {"change": "open", "document": str(document.id)}]
    assert b"N1234567" in client.post(REVIEW, {"id": str(case.id), **asked[0]}).content
    for one in asked:
        answer = client.post(REVIEW, {"id": str(case.id), **one}, REMOTE_ADDR=ELSEWHERE)
        assert answer.headers["Content-Type"].startswith("text/html")
        assert b"N1234567" not in answer.content
        assert b"You have not been on this network before" in answer.content
    assert len(told("kyc.case.reveal")) == 1
    assert not told("kyc.document.open")


def test_the_page_leads_to_where_a_factor_begins_to_count(world: World) -> None:
    case = screened(world, world.alice)
    client = Client()
    opened = open_browser_session(
        actor=world.actor(world.olga), now=clock.now(), second_factor=FactorMethod.TOTP
    )
    session = client.session
    session[SESSION_KEY] = str(opened.id)
    session.save()
    answer = client.post(REVIEW, {"id": str(case.id), "change": "reveal"})
    assert answer.headers["Location"].startswith("/security/officers?next=")
    refused = {"id": str(case.id), "change": "reject", "reason": "document_not_genuine"}
    assert client.get(REVIEW, {"id": str(case.id)}).status_code == 200
    assert client.post(REVIEW, refused).status_code == 302
    assert now_of(case).state == CaseState.REJECTED
