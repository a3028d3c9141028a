"""What is refused about PINs and approvals; `accounts.errors` has all of the room's."""

from __future__ import annotations

from kernel.errors import Kind, VaultCraftError


class WeakPin(VaultCraftError):
    """Not four digits, or four that half the world would try first."""

    kind = Kind.REFUSED
    code = "weak_pin"
    title = "Choose another PIN"


class PinNotSet(VaultCraftError):
    """The person has no PIN yet."""

    kind = Kind.REFUSED
    code = "pin_not_set"
    title = "You have not set a PIN yet"


class PinTooNew(VaultCraftError):
    """The first PIN was set with no more proof than the mailbox gives; it counts a day later.

    `counts_from` among the facts is when. Until then its person approves as without a PIN.
    """

    kind = Kind.REFUSED
    code = "pin_too_new"
    title = "Your PIN does not approve payments yet"


class PinAlreadySet(VaultCraftError):
    """A PIN is changed with the old one, or reset by a link; it is not set twice."""

    kind = Kind.CONFLICT
    code = "pin_already_set"
    title = "You have a PIN already"


class WrongPin(VaultCraftError):
    """The PIN is not the person's. `tries_left` says how many are left before it is locked."""

    kind = Kind.REFUSED
    code = "wrong_pin"
    title = "The PIN is wrong"


class PinLocked(VaultCraftError):
    """Three wrong PINs: no further one is looked at until `locked_until`."""

    kind = Kind.REFUSED
    code = "pin_locked"
    title = "The PIN is locked after three wrong tries"


class PinsRefused(VaultCraftError):
    """Wrong PINs for many accounts came from here: none is looked at for a while."""

    kind = Kind.LIMIT
    code = "pins_refused"
    title = "PINs are not taken from here for a while"
    retryable = True


class InvalidPinReset(VaultCraftError):
    """The link is unknown, of somebody else, too old, used or called off."""

    kind = Kind.REFUSED
    code = "invalid_pin_reset"
    title = "The link to reset the PIN is not valid"


class ApprovalRefused(VaultCraftError):
    """The base of what keeps a movement from being judged at all: nothing is kept under its key.

    The same request with the same idempotency key and a good approval goes through.
    """

    kind = Kind.FORBIDDEN
    code = "approval_refused"
    title = "The approval does not allow this"


class ApprovalRequired(ApprovalRefused):
    """The movement needs the person's approval: `POST /approvals`, then the same request again."""

    code = "approval_required"
    title = "This needs your approval first"


class ApprovalUnknown(ApprovalRefused):
    """There is no such approval, or it is somebody else's: the answer is the same."""

    code = "approval_unknown"
    title = "There is no such approval"


class ApprovalUsed(ApprovalRefused):
    """An approval is for one movement, once."""

    code = "approval_used"
    title = "The approval was used already"


class ApprovalExpired(ApprovalRefused):
    """An approval counts for five minutes."""

    code = "approval_expired"
    title = "The approval has expired"


class ApprovalMismatch(ApprovalRefused):
    """What was approved is something else; `facts.fields` says in what it differs."""

    code = "approval_mismatch"
    title = "This is not what was approved"


class ApprovalOfOtherSession(ApprovalRefused):
    """An approval counts in the session it was given in, for as long as that lives."""

    code = "approval_of_other_session"
    title = "The approval was given in another session"
