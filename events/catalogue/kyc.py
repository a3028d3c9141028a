"""Events of verifying people."""

from __future__ import annotations

from events.catalogue.shapes import OPTIONAL_TEXT, TEXT, UUID, EventType

_VERIFICATION = {
    "case_id": UUID,
    "user_id": UUID,
    "tier": {"type": "integer", "minimum": 0, "maximum": 2},
    "state": TEXT,
    "reason": OPTIONAL_TEXT,
}

KYC = (
    EventType("kyc.case.submitted", "A person asks to be verified.", _VERIFICATION),
    EventType("kyc.case.returned", "More is needed to verify a person.", _VERIFICATION),
    EventType("kyc.case.approved", "A person is verified for a tier.", _VERIFICATION),
    EventType("kyc.case.rejected", "A person could not be verified.", _VERIFICATION),
    EventType("kyc.case.approval_withdrawn", "A person's tier was taken back.", _VERIFICATION),
)
