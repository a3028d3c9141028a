"""Closed lists. The values are stored and published, so they never change meaning."""

from __future__ import annotations

from django.db import models


class Tier(models.IntegerChoices):
    """How well a person is known; limits of spending go by it."""

    UNVERIFIED = 0, "Unverified"
    BASIC = 1, "Basic"
    FULL = 2, "Full"


class CaseState(models.TextChoices):
    """Where an application stands. Approved and rejected are ends."""

    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "Submitted"
    IN_REVIEW = "in_review", "In review"
    MORE_INFO = "more_info", "More information needed"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"


class IdType(models.TextChoices):
    """The government's papers that are accepted."""

    PASSPORT = "passport", "Passport"
    NATIONAL_ID = "national_id", "National ID"
    DRIVING_LICENCE = "driving_licence", "Driving licence"
    TAX_ID = "tax_id", "Tax ID (PAN)"


class DocumentKind(models.TextChoices):
    """What an uploaded document shows."""

    ID_FRONT = "id_front", "ID, front or photo page"
    ID_BACK = "id_back", "ID, back"
    SELFIE = "selfie", "Photo of yourself"
    PROOF_OF_ADDRESS = "proof_of_address", "Proof of address"


class MediaType(models.TextChoices):
    """The kinds of file that are kept."""

    JPEG = "image/jpeg", "JPEG"
    PNG = "image/png", "PNG"
    PDF = "application/pdf", "PDF"


class Outcome(models.TextChoices):
    """What a provider, or our own comparison, says of a case."""

    CLEAR = "clear", "Clear"
    CONSIDER = "consider", "A person must look"
    UNAVAILABLE = "unavailable", "No answer"


class Verdict(models.TextChoices):
    """What was decided."""

    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    MORE_INFO = "more_info", "More information asked for"
    WITHDRAWN = "withdrawn", "Verification withdrawn"


class Reason(models.TextChoices):
    """Why; the person reads the label, so none of them says anything about other people."""

    IDENTITY_CONFIRMED = "identity_confirmed", "Your identity is confirmed"
    DETAILS_CLEARED = "details_cleared", "Your details were confirmed automatically"
    DOCUMENT_UNREADABLE = "document_unreadable", "A document cannot be read"
    DOCUMENT_MISSING = "document_missing", "A document is missing"
    DOCUMENT_EXPIRED = "document_expired", "The document has expired"
    DETAILS_DIFFER = "details_differ", "The document and your details differ"
    DOCUMENT_NOT_GENUINE = "document_not_genuine", "The document could not be accepted as genuine"
    ALREADY_IN_USE = "already_in_use", "This identity is in use already"
    NOT_ELIGIBLE = "not_eligible", "You cannot be verified under our terms"
