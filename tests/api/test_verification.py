"""Proving who one is, through the API."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.services.sessions import open_session
from kernel import clock
from kernel.ids import encode, new_id
from kyc.policy import MAX_DOCUMENT_BYTES
from kyc.services.reviewing import ask_for_more
from kyc.tasks import screen_waiting
from kyc.tests.files import SCRIPT, jpeg, pdf, png_bomb, zip_bomb
from kyc.tests.people import submitted, told
from tests.api.conftest import Caller, Got
from tests.world import NOW, World

pytestmark = pytest.mark.django_db

PLACE = "/me/verification"
BOUNDARY = "parts-of-this-test"
DETAILS: dict[str, Any] = {
    "tier": 2,
    "legal_name": "Alice D'Souza",
    "date_of_birth": "1990-02-28",
    "country": "IN",
    "id_type": "passport",
    "id_number": "N 123-4567",
}


def part(name: str, content: bytes, **said: str) -> bytes:
    told = "".join(f'; {key}="{value}"' for key, value in said.items() if key != "media_type")
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{told}\r\n'
    if "media_type" in said:
        head += f"Content-Type: {said['media_type']}\r\n"
    return f"{head}\r\n".encode() + content + b"\r\n"


def parts(*found: bytes) -> bytes:
    return b"".join(found) + f"--{BOUNDARY}--\r\n".encode()


def upload(
    caller: Caller, content: bytes, *, name: str = "id.jpg", kind: str = "id_front", **more
) -> Got:
    file = part("file", content, filename=name, media_type=more.pop("media_type", "image/jpeg"))
    return raw_upload(caller, parts(part("kind", kind.encode()), file), **more)


def raw_upload(caller: Caller, body: bytes, **more: Any) -> Got:
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    return caller("POST", f"{PLACE}/documents", raw=body, content_type=kind, **more)


@pytest.fixture
def alice_alone(world: World) -> Caller:
    """Alice, who has shown her password only."""
    return Caller(open_session(actor=world.actor(world.alice), now=clock.now()).access)


def test_from_nothing_to_a_case_in_review(world: World, alice: Caller):
    assert alice.get(PLACE).data == {"tier": 0, "tier_name": "Unverified", "case": None}
    saved = alice("PUT", PLACE, DETAILS)
    assert saved.status == 200, saved.body
    case = saved.data["case"]
    assert (case["state"], case["missing_documents"]) == ("draft", ["id_front"])
    assert case["masked"] == {
        "legal_name": "A••• D•••",
        "year_of_birth": "1990",
        "id_number": "•••• 4567",
    }
    assert b"N1234567" not in saved.body
    sent = alice.post(f"{PLACE}/submit")
    assert (sent.status, sent.code) == (422, "verification_incomplete")
    got = upload(alice, jpeg())
    assert (got.status, got.data["media_type"]) == (201, "image/jpeg"), got.body
    sent = alice.post(f"{PLACE}/submit")
    assert (sent.status, sent.data["case"]["state"]) == (200, "submitted"), sent.body
    assert screen_waiting() == 1
    assert alice.get(PLACE).data["case"]["state"] == "in_review"
    for again in (
        alice("PUT", PLACE, DETAILS),
        upload(alice, jpeg()),
        alice.post(f"{PLACE}/submit"),
    ):
        assert (again.status, again.code) == (409, "verification_not_open")


def test_a_person_reads_why_and_goes_on(world: World, alice: Caller):
    case = submitted(world, world.alice)
    more: dict[str, Any] = {"reason": "document_unreadable", "note": "fraud?", "now": NOW}
    ask_for_more(actor=world.actor(world.olga), case_id=case.id, **more)
    found = alice.get(PLACE)
    assert found.data["case"]["reason_text"] == "A document cannot be read"
    assert b"fraud" not in found.body
    document = found.data["case"]["documents"][0]["id"]
    assert alice("DELETE", f"{PLACE}/documents/{document}").status == 204
    assert alice("DELETE", f"{PLACE}/documents/{document}").code == "document_not_found"
    assert upload(alice, jpeg()).status == 201
    assert alice.post(f"{PLACE}/submit").status == 200


NAMED_PNG = {"name": "a.png", "media_type": "image/png"}
NAMED_PDF = {"name": "a.pdf", "media_type": "application/pdf"}
ENDLESS = bytes(MAX_DOCUMENT_BYTES)
REFUSED_FILES: dict[str, tuple[dict[str, Any], str]] = {
    "empty": ({"content": b""}, "document_empty"),
    "cut off": ({"content": jpeg()[:900]}, "document_unreadable"),
    "html": ({"content": SCRIPT}, "document_type_unsupported"),
    "zip bomb": ({"content": zip_bomb()}, "document_type_unsupported"),
    "picture bomb": (
        {"content": png_bomb(), "media_type": "image/png", "name": "a.png"},
        "document_dimensions",
    ),
    "wrong name": ({"content": jpeg(), "name": "id.html"}, "document_type_mismatch"),
    "wrong type": ({"content": jpeg(), "media_type": "text/html"}, "document_type_mismatch"),
    "program": (
        {
            "content": pdf(catalog=b"/OpenAction << /S /JavaScript /JS (x) >>"),
            "media_type": "application/pdf",
            "name": "a.pdf",
        },
        "document_unsafe",
    ),
    "one byte too many": (
        {"content": b"\xff\xd8\xff" + bytes(MAX_DOCUMENT_BYTES)},
        "document_too_large",
    ),
}


@pytest.mark.parametrize("name", REFUSED_FILES)
def test_files_that_are_refused(world: World, alice: Caller, name: str):
    alice("PUT", PLACE, DETAILS)
    given, code = REFUSED_FILES[name]
    got = upload(alice, **given)
    assert (got.status, got.code) == (422, code), got.body
    assert got.data["errors"][0]["pointer"] == "/file"
    assert alice.get(PLACE).data["case"]["documents"] == []


def test_an_oversized_body_is_refused_unread(world: World, alice: Caller):
    alice("PUT", PLACE, DETAILS)
    got = raw_upload(alice, b"x", headers={"Content-Length": str(10**12)})
    assert (got.status, got.code) == (413, "body_too_large")
    got = upload(alice, b"\xff\xd8\xff" + bytes(MAX_DOCUMENT_BYTES + 20_000))
    assert (got.status, got.code) == (413, "body_too_large")


MALFORMED: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 400, "invalid_request"),
    "no parts": (b"hello", 400, "invalid_request"),
    "no file": (parts(part("kind", b"id_front")), 400, "invalid_request"),
    "no kind": (parts(part("file", jpeg(), filename="a.jpg")), 400, "invalid_request"),
    "a kind nobody knows": (
        parts(part("kind", b"library_card"), part("file", jpeg(), filename="a.jpg")),
        400,
        "invalid_request",
    ),
    "a text for the file": (
        parts(part("kind", b"id_front"), part("file", b"JFIF")),
        400,
        "invalid_request",
    ),
    "two files": (
        parts(part("kind", b"id_front"), *[part("file", jpeg(), filename="a.jpg")] * 2),
        400,
        "malformed_multipart",
    ),
    "two kinds": (
        parts(*[part("kind", b"id_front")] * 2, part("file", jpeg(), filename="a.jpg")),
        400,
        "malformed_multipart",
    ),
    "an unknown part": (
        parts(
            part("kind", b"id_front"),
            part("user_id", b"usr_1"),
            part("file", jpeg(), filename="a.jpg"),
        ),
        400,
        "invalid_request",
    ),
    "a nul": (parts(part("kind", b"id\0")), 422, "unacceptable_value"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_bodies_that_are_refused(world: World, alice: Caller, name: str):
    alice("PUT", PLACE, DETAILS)
    body, status, code = MALFORMED[name]
    got = raw_upload(alice, body)
    assert (got.status, got.code) == (status, code), got.body
    assert not told("kyc.document.add")


def test_json_is_no_upload_and_an_upload_no_json(world: World, alice: Caller):
    assert alice.post(f"{PLACE}/documents", {"kind": "id_front"}).code == "unsupported_media_type"
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    got = alice("PUT", PLACE, raw=parts(part("tier", b"2")), content_type=kind)
    assert got.code == "unsupported_media_type"


WRONG: dict[str, tuple[dict[str, Any], int, str]] = {
    "tier 0": ({"tier": 0}, 400, "invalid_request"),
    "tier 3": ({"tier": 3}, 400, "invalid_request"),
    "tier as text": ({"tier": "2"}, 400, "invalid_request"),
    "a role along": ({"role": "owner"}, 400, "invalid_request"),
    "another person": ({"user": "usr_1"}, 400, "invalid_request"),
    "html": ({"legal_name": "<b>Alice</b>"}, 422, "identity_details_invalid"),
    "a formula": ({"legal_name": "=1+1"}, 422, "identity_details_invalid"),
    "hidden": ({"legal_name": "Al\u202eice"}, 422, "unacceptable_value"),
    "no day": ({"date_of_birth": "1990-02-30"}, 400, "invalid_request"),
    "a child": ({"date_of_birth": "2020-01-01"}, 422, "identity_details_invalid"),
    "no country": ({"country": "XX"}, 422, "identity_details_invalid"),
}


@pytest.mark.parametrize("name", WRONG)
def test_details_that_are_refused(world: World, alice: Caller, name: str):
    changes, status, code = WRONG[name]
    got = alice("PUT", PLACE, {**DETAILS, **changes})
    assert (got.status, got.code) == (status, code), got.body
    assert alice.get(PLACE).data["case"] is None


def test_details_and_files_are_revealed_after_a_second_factor_only(
    world: World, alice: Caller, alice_alone: Caller
):
    alice("PUT", PLACE, DETAILS)
    document = upload(alice, pdf(), name="a.pdf", media_type="application/pdf").data["id"]
    content = f"{PLACE}/documents/{document}/content"
    for path in (f"{PLACE}/reveal", content):
        got = alice_alone.post(path)
        assert (got.status, got.code) == (403, "step_up_required"), got.body
    assert not told("kyc.case.reveal")
    assert not told("kyc.document.open")
    revealed = alice.post(f"{PLACE}/reveal")
    assert revealed.data["id_number"] == "N1234567"
    assert revealed.headers["Cache-Control"] == "no-store"
    file = alice.post(content)
    assert file.body == pdf()
    assert {
        name: file.headers[name]
        for name in ("Content-Type", "Cache-Control", "X-Content-Type-Options")
    } == {
        "Content-Type": "application/octet-stream",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    assert file.headers["Content-Disposition"].startswith('attachment; filename="id_front-')
    assert len(told("kyc.case.reveal")) == len(told("kyc.document.open")) == 1


def test_another_person_s_ids_lead_nowhere(
    world: World, alice: Caller, charlie: Caller, bob: Caller
):
    alice("PUT", PLACE, DETAILS)
    document = upload(alice, jpeg()).data["id"]
    case = alice.get(PLACE).data["case"]["id"]
    for caller in (charlie, bob):
        caller("PUT", PLACE, {**DETAILS, "id_number": "Z7654321"})
        for wanted in (document, case, encode("doc", new_id()), "doc_x", "1"):
            got = caller.post(f"{PLACE}/documents/{wanted}/content")
            assert (got.status, got.code) in ((404, "document_not_found"), (404, "not_found"))
            got = caller("DELETE", f"{PLACE}/documents/{wanted}")
            assert (got.status, got.code) in ((404, "document_not_found"), (404, "not_found"))
        assert caller.get(PLACE).data["case"]["id"] != case
    assert len(alice.get(PLACE).data["case"]["documents"]) == 1


def test_programs_staff_and_nobody_have_none(
    world: World, acme_key: Caller, olga: Caller, nobody: Caller
):
    for caller in (acme_key, olga):
        asked = [
            caller.get(PLACE),
            caller("PUT", PLACE, DETAILS),
            upload(caller, jpeg()),
            caller.post(f"{PLACE}/submit"),
            caller.post(f"{PLACE}/reveal"),
        ]
        assert {(got.status, got.code) for got in asked} == {(403, "permission_denied")}
    assert upload(nobody, jpeg()).status == 401
