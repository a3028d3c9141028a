"""Documents: judged in memory, sealed chunk by chunk, opened whole or not at all."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterator

from accounts.services.vault import Place, blind_index, seal_stream, unseal_stream
from kernel.actor import Actor
from kernel.ids import new_id
from kernel.rows import insert_rows
from kernel.sealing import CHUNK_BYTES, Unreadable
from kernel.transactions import needs_transaction, opens_transaction
from kyc.choices import DocumentKind
from kyc.errors import (
    DocumentDamaged,
    DocumentNotFound,
    DocumentQuotaExceeded,
    DocumentRefused,
)
from kyc.inspecting import Inspected, inspected
from kyc.models import Case, Document, DocumentChunk
from kyc.policy import MAX_DOCUMENTS, MAX_UPLOADS
from kyc.queries import documents_of
from kyc.services.applying import locked_own_case
from kyc.services.telling import note

TABLE, COLUMN = "kyc_document", "sealed_header"
_CHUNKS = {
    "id": "uuid",
    "organization_id": "uuid",
    "document_id": "uuid",
    "number": "smallint",
    "content": "bytea",
}


def add_document(
    *,
    actor: Actor,
    kind: str,
    content: bytes,
    name: str = "",
    announced: str = "",
    now: dt.datetime,
) -> Document:
    """Add a file to one's own open case; the same file again is the document that stands.

    The file is judged before a transaction opens: decoding a picture takes a while. What is kept is
    sealed under the person's key, in chunks. Locks the person, so that uploads at once cannot pass
    the quota together. Records `kyc.document.add`.

    :param name: as the client calls it, and `announced` its media type: compared, never kept.
    :raises PermissionDenied: unless the actor is a member who carries `kyc.apply`.
    :raises CaseNotFound: if nothing was begun.
    :raises CaseNotOpen: while the case is looked at, or after its end.
    :raises DocumentRefused: (one of its kinds) if the file cannot be accepted.
    :raises DocumentQuotaExceeded: at `MAX_DOCUMENTS` that stand, or `MAX_UPLOADS` ever.
    :raises DataShredded: if the person's data was erased.
    """
    if kind not in DocumentKind.values:
        raise DocumentRefused("Say what the document shows.", pointer="/kind")
    require_room(actor=actor, now=now)
    kept = inspected(content, name=name, announced=announced)
    return _add(actor=actor, kind=DocumentKind(kind), kept=kept, now=now)


@opens_transaction
def require_room(*, actor: Actor, now: dt.datetime) -> None:
    """Refuse early, before any work is done on a file that could not be added anyhow.

    :raises CaseNotFound, CaseNotOpen, DocumentQuotaExceeded: see `add_document`.
    """
    _require_quota(locked_own_case(actor))


@opens_transaction
def withdraw_document(*, actor: Actor, document_id: uuid.UUID, now: dt.datetime) -> Document:
    """Take one's own document back; its content is deleted. Locks the person.

    Records `kyc.document.withdraw`.

    :raises PermissionDenied: unless the actor is a member who carries `kyc.apply`.
    :raises CaseNotFound: if nothing was begun.
    :raises CaseNotOpen: while the case is looked at, or after its end.
    :raises DocumentNotFound: if there is no such document in it.
    """
    case = locked_own_case(actor)
    document = documents_of(case).filter(id=document_id).first()
    if document is None:
        raise DocumentNotFound()
    document.withdrawn_at = now
    document.save(update_fields=["withdrawn_at"])
    DocumentChunk.objects.filter(document_id=document.id).delete()
    _note(actor, case, document, "withdraw", now)
    return document


@needs_transaction
def content_of(document: Document) -> bytes:
    """The whole file in clear: nothing of it is given out before its last chunk is proven.

    For whoever may see it, and has written down that they did.

    :raises DocumentDamaged: if a chunk is changed, missing, or in another's place.
    :raises DataShredded: if the person's data was erased.
    """
    try:
        found = b"".join(
            unseal_stream(
                organization_id=document.organization_id,
                user_id=document.user_id,
                place=Place(TABLE, COLUMN, document.id),
                header=document.sealed_header,
                chunks=_chunks(document),
            )
        )
    except Unreadable as error:
        raise DocumentDamaged() from error
    if len(found) != document.size_bytes:
        raise DocumentDamaged()
    return found


@opens_transaction
def _add(*, actor: Actor, kind: DocumentKind, kept: Inspected, now: dt.datetime) -> Document:
    case = locked_own_case(actor)
    index = content_index(kept.content)
    same = documents_of(case).filter(kind=kind, content_index=index).first()
    if same is not None:
        return same
    _require_quota(case)
    document = Document(
        organization_id=case.organization_id,
        user_id=case.user_id,
        case=case,
        kind=kind,
        media_type=kept.media_type,
        size_bytes=len(kept.content),
        content_index=index,
        uploaded_at=now,
    )
    _write(document, kept.content, now=now)
    _note(actor, case, document, "add", now)
    return document


def content_index(content: bytes) -> bytes:
    """By which the same file is found again, whoever sends it; of no use for any other field."""
    return blind_index(field="kyc_document.content", text=hashlib.sha256(content).hexdigest())


@needs_transaction
def _write(document: Document, content: bytes, *, now: dt.datetime) -> None:
    sealed = seal_stream(
        organization_id=document.organization_id,
        user_id=document.user_id,
        place=Place(TABLE, COLUMN, document.id),
        parts=_parts(content),
        now=now,
    )
    document.sealed_header = next(sealed)
    document.chunk_count = -(-len(content) // CHUNK_BYTES)
    document.save(force_insert=True)
    for number, chunk in enumerate(sealed):
        row = (new_id(), document.organization_id, document.id, number, chunk)
        insert_rows(table="kyc_documentchunk", columns=_CHUNKS, rows=[row])


def _parts(content: bytes) -> Iterator[bytes]:
    for begin in range(0, len(content), CHUNK_BYTES):
        yield content[begin : begin + CHUNK_BYTES]


def _chunks(document: Document) -> Iterator[bytes]:
    rows = DocumentChunk.objects.filter(document_id=document.id).order_by("number")
    for content in rows.values_list("content", flat=True)[: document.chunk_count + 1]:
        yield bytes(content)


@needs_transaction
def _require_quota(case: Case) -> None:
    standing, ever = documents_of(case).count(), case.documents.count()
    if standing >= MAX_DOCUMENTS or ever >= MAX_UPLOADS:
        raise DocumentQuotaExceeded(facts={"maximum_documents": MAX_DOCUMENTS})


@needs_transaction
def _note(actor: Actor, case: Case, document: Document, verb: str, now: dt.datetime) -> None:
    note(
        actor=actor,
        case=case,
        noun="document",
        subject_id=document.id,
        verb=verb,
        metadata={
            "case_id": str(case.id),
            "kind": str(document.kind),
            "media_type": str(document.media_type),
            "size_bytes": document.size_bytes,
        },
        now=now,
    )
