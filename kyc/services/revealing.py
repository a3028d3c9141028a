"""Looking at sealed data: every look is written down first, in the same transaction.

The record commits with the look, so nobody sees anything that no record tells of.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid

from accounts import policy as accounts_policy
from accounts.errors import DataShredded
from accounts.services.networks import from_known_network
from kernel.actor import Actor
from kernel.transactions import needs_transaction, opens_transaction
from kyc.choices import MediaType
from kyc.errors import CaseNotFound, DocumentNotFound, ReasonMissing
from kyc.inspecting import EXTENSIONS
from kyc.models import Case, Document
from kyc.policy import MAX_NOTE, WAITING_STATES, masked, masked_name
from kyc.queries import case_of, visible_cases
from kyc.services.details import Details, opened
from kyc.services.documents import content_of
from kyc.services.telling import note

REVEAL, OPEN = "self.reveal", "kyc.open"


@dataclasses.dataclass(frozen=True, slots=True)
class Masked:
    """Enough of somebody's details to tell them by, and no more."""

    legal_name: str
    born: str
    id_number: str


@dataclasses.dataclass(frozen=True, slots=True)
class File:
    """A document to be given out, under a name of our own, of plain ASCII."""

    name: str
    content: bytes

    @property
    def headers(self) -> dict[str, str]:
        """What every door answers with: saved, never kept, guessed at or run (ASVS 5.0, 5.4)."""
        return {
            "Content-Type": "application/octet-stream",
            "Content-Disposition": f'attachment; filename="{self.name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        }


@opens_transaction
def reveal_own_details(*, actor: Actor, now: dt.datetime) -> Details:
    """One's own details of the last case in clear. Records `kyc.case.reveal`.

    :raises PermissionDenied: unless the actor carries `kyc.apply`.
    :raises StepUpRequired: without a fresh proof of who they are.
    :raises CaseNotFound: if there is none.
    :raises DataShredded: if the person's data was erased.
    """
    accounts_policy.require(actor, "kyc.apply")
    accounts_policy.require(actor, REVEAL)
    accounts_policy.own_organization(actor)
    case = visible_cases(actor).first()
    if case is None:
        raise CaseNotFound()
    return _revealed(actor=actor, case=case, now=now, reason="own")


@from_known_network(OPEN)
@opens_transaction
def reveal_details(
    *, actor: Actor, case_id: uuid.UUID, reason: str = "", now: dt.datetime
) -> Details:
    """Somebody's details in clear, for a reviewer. Records `kyc.case.reveal` with the reason.

    :param reason: why a case is looked at that waits for nobody; of a waiting one the review is.
    :raises PermissionDenied: unless the actor carries `kyc.open`; `kyc.approve` where the case
        waits for no review.
    :raises SettledFactorRequired: without a fresh proof of an app or a passkey that counts.
    :raises NetworkNotTrusted: if the reviewer is on a network that is new to them.
    :raises CaseNotFound: if there is no such case.
    :raises ReasonMissing: if it waits for no review and no reason is given.
    :raises DataShredded: if the person's data was erased.
    """
    accounts_policy.require(actor, OPEN)
    case = case_of(actor=actor, case_id=case_id)
    why = _reason_to_look(actor=actor, case=case, reason=reason)
    return _revealed(actor=actor, case=case, now=now, reason=why)


@opens_transaction
def open_own_document(*, actor: Actor, document_id: uuid.UUID, now: dt.datetime) -> File:
    """A document of one's own. Records `kyc.document.open`.

    :raises PermissionDenied: unless the actor is a member who carries `kyc.apply`.
    :raises StepUpRequired: without a fresh proof of who they are.
    :raises DocumentNotFound: if there is none, it was taken back, or it is somebody else's.
    :raises DocumentDamaged: if the stored bytes are not those that were written.
    :raises DataShredded: if the person's data was erased.
    """
    accounts_policy.require(actor, "kyc.apply")
    accounts_policy.require(actor, REVEAL)
    accounts_policy.own_organization(actor)
    document = _document_of(actor=actor, document_id=document_id)
    return _opened(actor=actor, document=document, reason="own", now=now)


@from_known_network(OPEN)
@opens_transaction
def open_document(
    *, actor: Actor, document_id: uuid.UUID, reason: str = "", now: dt.datetime
) -> File:
    """A document for a reviewer. Records `kyc.document.open` with the reason.

    :param reason: as for `reveal_details`.
    :raises PermissionDenied, SettledFactorRequired, NetworkNotTrusted, ReasonMissing: as there.
    :raises DocumentNotFound: if there is none, or it was taken back.
    :raises DocumentDamaged: if the stored bytes are not those that were written.
    :raises DataShredded: if the person's data was erased.
    """
    accounts_policy.require(actor, OPEN)
    document = _document_of(actor=actor, document_id=document_id)
    why = _reason_to_look(actor=actor, case=document.case, reason=reason)
    return _opened(actor=actor, document=document, reason=why, now=now)


@needs_transaction
def _document_of(*, actor: Actor, document_id: uuid.UUID) -> Document:
    documents = Document.objects.filter(id=document_id, withdrawn_at=None)
    found = documents.filter(case__in=visible_cases(actor)).select_related("case").first()
    if found is None:
        raise DocumentNotFound()
    return found


@needs_transaction
def _opened(*, actor: Actor, document: Document, reason: str, now: dt.datetime) -> File:
    note(
        actor=actor,
        case=document.case,
        noun="document",
        subject_id=document.id,
        verb="open",
        metadata={
            "case_id": str(document.case_id),
            "kind": str(document.kind),
            "reason": reason,
        },
        now=now,
    )
    extension = EXTENSIONS[MediaType(document.media_type)][0]
    return File(f"{document.kind}-{str(document.id)[-6:]}.{extension}", content_of(document))


def _reason_to_look(*, actor: Actor, case: Case, reason: str) -> str:
    """Why a reviewer may see it: because it is their turn, or for a reason that is kept."""
    if case.state in WAITING_STATES:
        return "review"
    accounts_policy.require(actor, "kyc.approve")
    said = reason.strip()
    if not said or len(said) > MAX_NOTE:
        raise ReasonMissing(f"Say why, in at most {MAX_NOTE} characters.", pointer="/reason")
    return said


@needs_transaction
def masked_details(case: Case) -> Masked | None:
    """What pages show of a visible case without being asked; None once the data was erased.

    Initials, year of birth, last characters: so little leaves no record.
    """
    try:
        details = opened(case)
    except DataShredded:
        return None
    return Masked(
        legal_name=masked_name(details.legal_name),
        born=f"{details.date_of_birth.year}",
        id_number=masked(details.id_number),
    )


@needs_transaction
def _revealed(*, actor: Actor, case: Case, now: dt.datetime, reason: str) -> Details:
    said = {"fields": "all", "reason": reason}
    note(actor=actor, case=case, verb="reveal", now=now, metadata=said)
    return opened(case)
