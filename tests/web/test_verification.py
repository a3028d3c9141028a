"""Verification on people's pages and on the staff site."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from accounts.services.sessions import open_browser_session
from kernel import clock
from kernel.context import reading
from kernel.ids import encode
from kyc.choices import CaseState, Tier
from kyc.models import Document
from kyc.policy import MAX_DOCUMENT_BYTES
from kyc.services.reviewing import ask_for_more
from kyc.tests.files import jpeg, pdf
from kyc.tests.people import (
    now_of,
    root,
    screened,
    staff,
    submitted,
    tier_now,
    told,
    uploaded,
    verified,
)
from tests.web.conftest import Visit
from tests.world import NOW, World
from wallets.choices import WalletKind
from wallets.services.terms import set_limit_rule
from web.doors import SESSION_KEY

pytestmark = pytest.mark.django_db

DETAILS = {
    "tier": "2",
    "legal_name": "Alice D'Souza",
    "date_of_birth": "1990-02-28",
    "country": "IN",
    "id_type": "passport",
    "id_number": "N 123 4567",
}


def file(content: bytes | None = None, name: str = "id.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, jpeg() if content is None else content, "image/jpeg")


def text(answer) -> str:
    return answer.content.decode()


def test_from_nothing_to_sent_in(world: World, visit: Visit):
    client = visit(world.alice)
    page = client.get("/verification")
    assert "What each tier allows" in text(page)
    assert [step.name for step in page.context["steps"] if step.current] == ["Your details"]
    assert client.post("/verification/details", DETAILS).status_code == 302
    page = client.get("/verification")
    assert "Still needed: ID, front or photo page." in text(page)
    assert "4567" in text(page)
    assert "N1234567" not in text(page)
    sent = client.post("/verification/submit", follow=True)
    assert "Upload: ID, front or photo page." in text(sent)
    sent = client.post("/verification/documents", {"kind": "id_front", "file": file()}, follow=True)
    assert "Your document is uploaded." in text(sent)
    sent = client.post("/verification/submit", follow=True)
    assert "We are looking at it." in text(sent)
    assert sent.context["identity_form"] is None


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"file": file(b"")}, "The file is empty"),
        ({"file": file(b"GIF89a...")}, "Send a JPEG, a PNG or a PDF"),
        ({"file": file(name="id.html")}, "The file is not what its name says"),
        ({"file": file(jpeg()[:500])}, "The file is damaged or cut off"),
        ({"kind": "library_card"}, "Select a valid choice"),
        ({"file": ""}, "This field is required"),
    ],
)
def test_a_file_that_is_refused_says_why_beside_the_field(
    world: World, visit: Visit, given: dict, words: str
):
    client = visit(world.alice)
    client.post("/verification/details", DETAILS)
    answer = client.post("/verification/documents", {"kind": "id_front", "file": file(), **given})
    assert answer.status_code == 422
    assert words in text(answer)
    assert not told("kyc.document.add")


def test_an_oversized_upload_is_refused_before_it_is_read(world: World, visit: Visit):
    client = visit(world.alice)
    client.post("/verification/details", DETAILS)
    given = {"kind": "id_front", "file": file(bytes(MAX_DOCUMENT_BYTES + 100_000))}
    answer = client.post("/verification/documents", given)
    assert answer.status_code == 422
    assert "The file is too large" in text(answer)
    within = {"kind": "id_front", "file": file(b"\xff\xd8\xff" + bytes(MAX_DOCUMENT_BYTES))}
    assert "At most 5 MB." in text(client.post("/verification/documents", within))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"legal_name": "<script>alert(1)</script>"}, "Write the name as your document prints it"),
        ({"legal_name": "=cmd|calc"}, "Write the name as your document prints it"),
        ({"date_of_birth": "2020-01-01"}, "You must be at least 18 years old."),
        ({"id_number": "12"}, "The number has 5 to 20 letters and digits."),
        ({"tier": "0"}, "Select a valid choice"),
    ],
)
def test_details_that_are_refused_say_why(world: World, visit: Visit, wrong: dict, words: str):
    answer = visit(world.alice).post("/verification/details", DETAILS | wrong)
    assert answer.status_code == 422
    assert words in text(answer)
    assert "<script>alert" not in text(answer)


def test_the_reason_is_shown_and_the_note_is_not(world: World, visit: Visit):
    case = submitted(world, world.alice)
    more: dict[str, Any] = {
        "reason": "document_unreadable",
        "note": "Looks like a fraud ring",
        "now": NOW,
    }
    ask_for_more(actor=world.actor(world.olga), case_id=case.id, **more)
    page = text(visit(world.alice).get("/verification"))
    assert "A document cannot be read." in page
    assert "fraud" not in page


def test_one_s_own_number_and_file_after_a_second_factor_only(world: World, visit: Visit):
    submitted(world, world.alice)
    with reading(root()):
        document = encode("doc", Document.objects.get().id)
    plain = Client()
    opened = open_browser_session(actor=world.actor(world.alice), now=clock.now())
    session = plain.session
    session[SESSION_KEY] = str(opened.id)
    session.save()
    for place in ("reveal", f"documents/{document}/content"):
        answer = plain.post(f"/verification/{place}")
        assert answer.status_code == 302
        assert (
            answer.headers["Location"].startswith("/step-up")
            or "next=" in answer.headers["Location"]
        )
    assert not told("kyc.case.reveal")
    client = visit(world.alice)
    assert "N1234567" in text(client.post("/verification/reveal"))
    file = client.post(f"/verification/documents/{document}/content")
    assert file.headers["Content-Disposition"].startswith("attachment; ")
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in file.headers["Cache-Control"]
    assert file.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert client.get(f"/verification/documents/{document}/content").status_code == 405
    assert (
        visit(world.charlie).post(f"/verification/documents/{document}/content").status_code == 404
    )
    assert visit(world.bob).post(f"/verification/documents/{document}/delete").status_code == 404


def test_tiers_show_their_limits(world: World, visit: Visit):
    for tier, day in ((Tier.UNVERIFIED, 1_000_00), (Tier.FULL, None)):
        set_limit_rule(
            actor=world.actor(world.olga),
            organization_id=world.acme.id,
            wallet_kind=WalletKind.CURRENT,
            currency="INR",
            tier=tier,
            day_minor=day,
            month_minor=None,
            now=NOW,
        )
    cards = visit(world.alice).get("/verification").context["tiers"]
    assert [(card.name, card.limits) for card in cards] == [
        ("Unverified", ["Current: ₹1,000.00 a day"]),
        ("Basic", []),
        ("Full", ["Current: no limit of its own"]),
    ]
    rows = visit(world.alice).get("/organization").context["tier_limits"]
    assert ("Unverified", "₹1,000.00", True) in {(row.tier, row.day, row.own) for row in rows}


def test_staff_have_no_page_of_their_own(world: World, visit: Visit):
    assert visit(world.olga).get("/verification").status_code == 403
    assert Client().get("/verification").headers["Location"].startswith("/sign-in")


REVIEW = "/admin/kyc/case/review/"


def test_a_decided_case_is_opened_for_a_reason_only(world: World, visit: Visit):
    case = verified(world, world.alice)
    client = visit(world.olga)
    page = text(client.get(REVIEW, {"id": str(case.id)}))
    assert 'name="reason" required' in page
    asked = {"id": str(case.id), "change": "reveal"}
    refused = text(client.post(REVIEW, asked))
    assert "Say why" in refused
    assert "N1234567" not in refused
    assert "N1234567" in text(client.post(REVIEW, asked | {"reason": "Complaint 4711"}))
    assert [one.metadata["reason"] for one in told("kyc.case.reveal")] == ["Complaint 4711"]


def test_a_reviewer_sees_the_case_masked_and_reveals_it_on_record(world: World, visit: Visit):
    case = screened(world, world.alice)
    client = visit(world.olga)
    queue = client.get("/admin/kyc/case/")
    assert str(case.id) in text(queue)
    page = text(client.get(REVIEW, {"id": str(case.id)}))
    assert "•••• 4567" in page
    assert "N1234567" not in page
    assert "Souza" not in page
    assert "Sandbox: Clear" in page
    assert not told("kyc.case.reveal")
    revealed = client.post(REVIEW, {"id": str(case.id), "change": "reveal"})
    assert "N1234567" in text(revealed)
    assert "Alice D&#x27;Souza-Rao" in text(revealed)
    assert "no-store" in revealed.headers["Cache-Control"]
    assert [one.actor_id for one in told("kyc.case.reveal")] == [world.olga.id]
    with reading(root()):
        document = Document.objects.get()
    opening = {"id": str(case.id), "change": "open", "document": str(document.id)}
    file = client.post(REVIEW, opening)
    assert file.headers["Content-Disposition"].startswith("attachment; ")
    assert [one.subject_id for one in told("kyc.document.open")] == [document.id]


def test_an_admin_decides(world: World, visit: Visit):
    case = screened(world, world.alice)
    client = visit(world.olga)
    given = {"id": str(case.id), "change": "approve", "reason": "document_missing"}
    refused = client.post(REVIEW, given)
    assert "Select a valid choice" in text(refused)
    given |= {"reason": "identity_confirmed", "note": "=1+1 <b>fine</b>"}
    assert client.post(REVIEW, given).status_code == 302
    assert tier_now(world.alice) is Tier.FULL
    again = text(client.post(REVIEW, given))
    assert "not waiting for a decision" in again
    assert "<b>fine</b>" not in again
    assert "=1+1 &lt;b&gt;fine" in again


def test_a_moderator_is_offered_what_a_moderator_may(world: World, visit: Visit):
    case = screened(world, world.alice)
    staff("moderator")
    with reading(root()):
        moderator = User.objects.get(email__startswith="moderator")
    client = visit(moderator)
    page = client.get(REVIEW, {"id": str(case.id)})
    assert [change for change, _, _ in page.context["forms"]] == ["more", "reject"]
    given = {"id": str(case.id), "change": "approve", "reason": "identity_confirmed"}
    assert client.post(REVIEW, given).status_code in (200, 403)
    assert tier_now(world.alice) is Tier.UNVERIFIED
    given = {"id": str(case.id), "change": "reject", "reason": "not_eligible"}
    assert client.post(REVIEW, given).status_code == 302
    assert now_of(case).state == CaseState.REJECTED


@pytest.mark.parametrize("person", ["alice", "charlie"])
def test_an_organization_s_own_admins_see_nothing_of_it(world: World, visit: Visit, person: str):
    case = screened(world, world.bob)
    client = visit(getattr(world, person))
    assert "kyc" not in text(client.get("/admin/"))
    assert client.get("/admin/kyc/case/").status_code == 403
    assert client.get(f"/admin/kyc/case/{case.id}/change/").status_code in (302, 403)
    assert client.get(REVIEW, {"id": str(case.id)}).status_code == 403
    for change in ("reveal", "approve", "reject", "open"):
        given = {"id": str(case.id), "change": change, "reason": "not_eligible"}
        assert client.post(REVIEW, given).status_code == 403
    assert now_of(case).state == CaseState.IN_REVIEW


def test_the_queue_survives_what_nobody_should_send(world: World, visit: Visit):
    client = visit(world.olga)
    assert client.get(REVIEW).status_code == 302
    assert client.get(REVIEW, {"id": "x"}).status_code == 302
    assert client.get(REVIEW, {"id": str(world.alice.id)}).status_code == 404
    case = screened(world, world.alice)
    opening = {"id": str(case.id), "change": "open", "document": "x"}
    assert client.post(REVIEW, opening).status_code == 404
    assert client.post(REVIEW, {"id": str(case.id), "change": "promote"}).status_code == 302
    detail = text(client.get(f"/admin/kyc/case/{case.id}/change/"))
    assert "sealed" not in detail.lower()
    assert "id_index" not in detail


def test_a_pdf_is_kept_and_given_back(world: World, visit: Visit):
    client = visit(world.alice)
    client.post("/verification/details", DETAILS)
    document = uploaded(world, world.alice, pdf(), kind="proof_of_address")
    page = text(client.get("/verification"))
    assert "Proof of address" in page
    place = f"/verification/documents/{encode('doc', document.id)}"
    assert client.post(f"{place}/content").content == pdf()
    assert "The document is deleted." in text(client.post(f"{place}/delete", follow=True))
