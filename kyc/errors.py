"""What this room refuses, each with the code that clients rely on."""

from __future__ import annotations

from kernel.errors import Kind, VaultCraftError


class DetailsInvalid(VaultCraftError):
    """A name, date, country or number cannot be accepted as written."""

    kind = Kind.REFUSED
    code = "identity_details_invalid"
    title = "The identity details are not valid"


class CaseNotFound(VaultCraftError):
    kind = Kind.NOT_FOUND
    code = "verification_case_not_found"
    title = "There is no such verification"


class CaseNotOpen(VaultCraftError):
    """What was sent in cannot be changed while it is looked at, nor after the decision."""

    kind = Kind.CONFLICT
    code = "verification_not_open"
    title = "The verification cannot be changed in its state"


class CaseNotInReview(VaultCraftError):
    """Somebody else decided it, or it was not sent in yet."""

    kind = Kind.CONFLICT
    code = "verification_not_in_review"
    title = "The verification is not waiting for a decision"


class CaseIncomplete(VaultCraftError):
    """Details or documents that the tier needs are missing."""

    kind = Kind.REFUSED
    code = "verification_incomplete"
    title = "Something is missing before it can be sent in"


class AlreadyVerified(VaultCraftError):
    kind = Kind.CONFLICT
    code = "already_verified"
    title = "You are verified for this tier already"


class TooManyCases(VaultCraftError):
    """As often as one person may apply."""

    kind = Kind.LIMIT
    code = "too_many_verifications"
    title = "You have applied too often; ask our support"


class IdentityInUse(VaultCraftError):
    """Somebody else of the same organization is verified with this government ID."""

    kind = Kind.CONFLICT
    code = "identity_in_use"
    title = "Somebody else is verified with this government ID"


class DecisionInvalid(VaultCraftError):
    """A reason that does not go with the verdict, or a decision about oneself."""

    kind = Kind.REFUSED
    code = "verification_decision_invalid"
    title = "This decision cannot be made"


class ReasonMissing(VaultCraftError):
    """Papers of a case that waits for nobody are not looked at without a reason that is kept."""

    kind = Kind.REFUSED
    code = "verification_reason_missing"
    title = "Say why you look at it"


class DocumentRefused(VaultCraftError):
    """The base of what is wrong with an uploaded file."""

    kind = Kind.REFUSED
    code = "document_refused"
    title = "The file cannot be accepted"


class DocumentEmpty(DocumentRefused):
    code = "document_empty"
    title = "The file is empty"


class DocumentTooLarge(DocumentRefused):
    code = "document_too_large"
    title = "The file is too large"


class DocumentTypeUnsupported(DocumentRefused):
    """By its first bytes it is no JPEG, PNG or PDF, whatever its name says."""

    code = "document_type_unsupported"
    title = "Send a JPEG, a PNG or a PDF"


class DocumentTypeMismatch(DocumentRefused):
    """The name or the announced type says another kind of file than the content."""

    code = "document_type_mismatch"
    title = "The file is not what its name says"


class DocumentUnreadable(DocumentRefused):
    """Cut off, damaged, or not really such a file."""

    code = "document_unreadable"
    title = "The file is damaged or cut off"


class DocumentDimensions(DocumentRefused):
    """Too many pixels to decode safely, or too few to read anything."""

    code = "document_dimensions"
    title = "The picture is too small or too large"


class DocumentUnsafe(DocumentRefused):
    """The file carries what a plain document does not: programs, attachments, a second file."""

    code = "document_unsafe"
    title = "The file contains more than a plain document"


class DocumentQuotaExceeded(VaultCraftError):
    kind = Kind.LIMIT
    code = "document_quota_exceeded"
    title = "There are as many documents as one verification may have"


class DocumentNotFound(VaultCraftError):
    kind = Kind.NOT_FOUND
    code = "document_not_found"
    title = "There is no such document"


class DocumentDamaged(VaultCraftError):
    """The stored chunks are not those that were written: nothing of them is shown."""

    kind = Kind.CONFLICT
    code = "document_damaged"
    title = "The stored document cannot be opened"
