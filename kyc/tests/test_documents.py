"""Documents: sealed in chunks, opened whole or not at all, by few, and written down."""

from __future__ import annotations

import pytest

from accounts.errors import DataShredded
from accounts.services.erasing import shred_person
from accounts.services.people import remove_member
from kernel.context import reading
from kernel.errors import PermissionDenied
from kernel.ids import new_id
from kernel.sealing import CHUNK_BYTES, Unreadable
from kyc import policy
from kyc.errors import (
    CaseNotFound,
    CaseNotOpen,
    DocumentNotFound,
    DocumentQuotaExceeded,
    DocumentRefused,
    DocumentUnsafe,
    ReasonMissing,
)
from kyc.inspecting import inspected
from kyc.models import Document, DocumentChunk
from kyc.services.documents import withdraw_document
from kyc.services.revealing import (
    masked_details,
    open_document,
    open_own_document,
    reveal_own_details,
)
from kyc.tests.files import jpeg, pdf, png, stream
from kyc.tests.people import begun, root, screened, staff, submitted, told, uploaded
from tests.database import rows, run, view
from tests.world import NOW, World

pytestmark = pytest.mark.django_db

LONG = pdf(objects=(stream(bytes(range(256)) * 700),))  # three chunks


def chunks(document: Document) -> list[bytes]:
    with reading(root()):
        found = DocumentChunk.objects.filter(document=document).order_by("number")
        return [bytes(one.content) for one in found]


def test_a_document_is_kept_sealed_and_comes_back_as_it_was(world: World):
    begun(world, world.alice)
    document = uploaded(world, world.alice, LONG)
    kept = chunks(document)
    assert len(kept) == document.chunk_count == 3
    assert max(len(one) for one in kept) == CHUNK_BYTES + 16
    assert not any(b"Electricity" in one or b"%PDF" in one for one in kept)
    opened = open_own_document(actor=world.actor(world.alice), document_id=document.id, now=NOW)
    assert opened.content == LONG
    assert opened.name == f"id_front-{str(document.id)[-6:]}.pdf"


def test_a_photo_is_kept_without_its_metadata(world: World):
    begun(world, world.alice)
    document = uploaded(world, world.alice, jpeg(), name="C:\\me\\=evil().jpg")
    opened = open_own_document(actor=world.actor(world.alice), document_id=document.id, now=NOW)
    assert opened.content == inspected(jpeg()).content
    assert "evil" not in str(rows("SELECT row_to_json(d)::text FROM kyc_document d"))


def test_the_same_file_again_is_the_same_document(world: World):
    begun(world, world.alice)
    first = uploaded(world, world.alice, png())
    assert uploaded(world, world.alice, png()).id == first.id
    assert uploaded(world, world.alice, png(), kind="id_back").id != first.id
    assert len(told("kyc.document.add")) == 2


def test_the_quota_counts_what_stands_and_what_ever_was(world: World):
    begun(world, world.alice)
    for number in range(policy.MAX_DOCUMENTS):
        document = uploaded(world, world.alice, jpeg((300, 300 + number)))
    with pytest.raises(DocumentQuotaExceeded):
        uploaded(world, world.alice, jpeg((300, 400)))
    withdraw_document(actor=world.actor(world.alice), document_id=document.id, now=NOW)
    uploaded(world, world.alice, jpeg((300, 400)))
    with pytest.raises(DocumentQuotaExceeded):
        uploaded(world, world.alice, jpeg((300, 401)))


def test_what_is_refused_leaves_nothing(world: World):
    with pytest.raises(CaseNotFound):
        uploaded(world, world.alice)
    begun(world, world.alice)
    with pytest.raises(DocumentUnsafe):
        uploaded(world, world.alice, pdf(catalog=b"/AA << >>"))
    with pytest.raises(DocumentRefused):
        uploaded(world, world.alice, kind="passport")
    with reading(root()):
        assert not Document.objects.exists()
    assert not told("kyc.document.add")


def test_a_document_taken_back_is_gone(world: World):
    begun(world, world.alice)
    document = uploaded(world, world.alice)
    actor = world.actor(world.alice)
    withdraw_document(actor=actor, document_id=document.id, now=NOW)
    assert chunks(document) == []
    with pytest.raises(DocumentNotFound):
        open_own_document(actor=actor, document_id=document.id, now=NOW)
    with pytest.raises(DocumentNotFound):
        withdraw_document(actor=actor, document_id=document.id, now=NOW)


def test_what_was_sent_in_is_not_taken_back(world: World):
    submitted(world, world.alice)
    with reading(root()):
        document = Document.objects.get()
    with pytest.raises(CaseNotOpen):
        withdraw_document(actor=world.actor(world.alice), document_id=document.id, now=NOW)


def test_only_its_owner_and_reviewers_open_a_document(world: World):
    begun(world, world.bob)
    document = uploaded(world, world.bob)
    for stranger in (world.alice, world.charlie):
        with pytest.raises(DocumentNotFound):
            open_own_document(actor=world.actor(stranger), document_id=document.id, now=NOW)
        with pytest.raises((DocumentNotFound, CaseNotFound)):
            withdraw_document(actor=world.actor(stranger), document_id=document.id, now=NOW)
    with pytest.raises(DocumentNotFound):
        open_own_document(actor=world.actor(world.bob), document_id=new_id(), now=NOW)
    assert not told("kyc.document.open")
    with pytest.raises(PermissionDenied):
        open_document(actor=staff("moderator"), document_id=document.id, reason="Why", now=NOW)
    admin = staff("admin")
    with pytest.raises(ReasonMissing):
        open_document(actor=admin, document_id=document.id, now=NOW)
    open_document(actor=admin, document_id=document.id, reason="Asked for help", now=NOW)
    open_own_document(actor=world.actor(world.bob), document_id=document.id, now=NOW)
    looks = told("kyc.document.open")
    assert [one.actor_id for one in looks] == [admin.id, world.bob.id]
    assert [one.metadata["reason"] for one in looks] == ["Asked for help", "own"]
    assert {one.subject_id for one in looks} == {document.id}


def test_one_s_own_number_is_revealed_to_oneself_and_written_down(world: World):
    begun(world, world.bob)
    found = reveal_own_details(actor=world.actor(world.bob), now=NOW)
    assert (found.legal_name, found.id_number) == ("Alice D'Souza-Rao", "N1234567")
    assert [one.actor_id for one in told("kyc.case.reveal")] == [world.bob.id]
    with pytest.raises(CaseNotFound):
        reveal_own_details(actor=world.actor(world.alice), now=NOW)
    with pytest.raises(PermissionDenied):
        reveal_own_details(actor=world.actor(world.olga), now=NOW)


def test_sealed_details_moved_to_another_case_are_unreadable(world: World):
    begun(world, world.alice)
    begun(world, world.bob, id_number="Z7654321")
    view(scope="platform")
    run(
        "UPDATE kyc_case SET sealed_id_number ="
        " (SELECT sealed_id_number FROM kyc_case WHERE user_id = %s) WHERE user_id = %s",
        world.alice.id,
        world.bob.id,
    )
    with pytest.raises(Unreadable):
        reveal_own_details(actor=world.actor(world.bob), now=NOW)


def test_an_erased_person_s_documents_and_number_are_unreadable_for_ever(world: World):
    case = screened(world, world.bob)
    with reading(root()):
        document = Document.objects.get()
    remove_member(actor=world.actor(world.alice), user_id=world.bob.id, now=NOW)
    shred_person(actor=world.actor(world.olga), user_id=world.bob.id, now=NOW)
    with pytest.raises(DataShredded):
        open_document(
            actor=world.actor(world.olga), document_id=document.id, reason="Erased?", now=NOW
        )
    with reading(root()):
        assert masked_details.__wrapped__(case) is None  # type: ignore[attr-defined]
    assert len(chunks(document)) == document.chunk_count
    assert len(told("kyc.case.submit")) == len(told("kyc.document.add")) == 1
    with reading(root()):
        case.refresh_from_db()
    assert case.state == "in_review"
