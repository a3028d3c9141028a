"""One's own verification as JSON data."""

from __future__ import annotations

from typing import Any

from api.v1.rendering import instant
from kernel import ids
from kernel.actor import Actor
from kyc.choices import Reason
from kyc.models import Case, Document
from kyc.queries import current_case, documents_of, missing_documents, tier_of
from kyc.services.details import Details
from kyc.services.revealing import masked_details


def rendered_verification(actor: Actor) -> dict[str, Any]:
    """Tier and last case; inside `reading(actor)`."""
    tier, case = tier_of(actor.id), current_case(actor)
    return {
        "tier": int(tier),
        "tier_name": tier.label,
        "case": _case(case) if case is not None else None,
    }


def rendered_document(document: Document) -> dict[str, Any]:
    """One document, without its content."""
    return {
        "id": ids.encode("doc", document.id),
        "kind": document.kind,
        "media_type": document.media_type,
        "size_bytes": document.size_bytes,
        "uploaded_at": instant(document.uploaded_at),
    }


def rendered_details(details: Details) -> dict[str, Any]:
    """Details in clear."""
    return {
        "legal_name": details.legal_name,
        "date_of_birth": details.date_of_birth.isoformat(),
        "country": details.country,
        "id_type": details.id_type.value,
        "id_number": details.id_number,
    }


def _case(case: Case) -> dict[str, Any]:
    masked = masked_details(case)
    return {
        "id": ids.encode("kyc", case.id),
        "tier": case.tier,
        "state": case.state,
        "reason": case.reason,
        "reason_text": Reason(case.reason).label if case.reason else None,
        "country": case.country,
        "id_type": case.id_type,
        "masked": {
            "legal_name": masked.legal_name,
            "year_of_birth": masked.born,
            "id_number": masked.id_number,
        }
        if masked
        else None,
        "documents": [rendered_document(one) for one in documents_of(case)],
        "missing_documents": [str(kind) for kind in missing_documents(case)],
        "submitted_at": instant(case.submitted_at),
        "decided_at": instant(case.decided_at),
    }
