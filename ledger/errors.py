"""What the books refuse, each with a stable code."""

from __future__ import annotations

from kernel.errors import Kind, VaultCraftError


class PostingRefused(VaultCraftError):
    """The base of every refusal that posting decides after it holds the locks."""

    kind = Kind.REFUSED
    code = "posting_refused"
    title = "The books refuse this movement"


class InsufficientFunds(PostingRefused):
    code = "insufficient_funds"
    title = "The available balance is too small"


class AccountNotFound(PostingRefused):
    code = "account_not_found"
    title = "There is no such account in the books"


class AccountFrozen(PostingRefused):
    code = "account_frozen"
    title = "The account is frozen and pays nothing out"


class AccountSuspended(PostingRefused):
    code = "account_suspended"
    title = "The account is suspended"


class AccountClosed(PostingRefused):
    code = "account_closed"
    title = "The account is closed"


class CurrencyMismatch(PostingRefused):
    code = "currency_mismatch"
    title = "The account holds another currency"


class ClearingCapExceeded(PostingRefused):
    """The two organizations agreed on no cap, or the movement would pass it."""

    code = "clearing_cap_exceeded"
    title = "The clearing cap between the two organizations does not allow this"


class BalanceOutOfRange(PostingRefused):
    code = "balance_out_of_range"
    title = "The resulting balance would pass 2^53 - 1 minor units"


class OrganizationInactive(PostingRefused):
    """A pending or suspended organization moves no money."""

    code = "organization_inactive"
    title = "An organization in this movement is not active"


class PeriodClosed(PostingRefused):
    """The effective date lies in a closed period, which nothing can enter any more."""

    code = "period_closed"
    title = "The period of this date is closed"


class UnbalancedJournal(PostingRefused):
    """Debits and credits differ in some currency."""

    code = "unbalanced_journal"
    title = "Debits and credits are not equal"


class HoldNotFound(PostingRefused):
    code = "hold_not_found"
    title = "There is no such hold"


class HoldEnded(PostingRefused):
    """The hold was captured whole, voided, or expired; an ended hold reserves nothing."""

    code = "hold_ended"
    title = "The hold has ended"


class CaptureExceedsHold(PostingRefused):
    code = "capture_exceeds_hold"
    title = "The hold has less than this left"


class ReversalExceedsOriginal(PostingRefused):
    """More would be given back than is left, or the original is a reversal itself."""

    code = "reversal_exceeds_original"
    title = "More would be reversed than is left of the original"


class ReversalOfReversal(PostingRefused):
    """What a reversal gave back is moved again by a new movement, never by undoing the undoing."""

    code = "reversal_of_reversal"
    title = "A reversal cannot be reversed; make a new transfer"


class BatchTooLarge(VaultCraftError):
    """The batch has more items than one posting may carry; it is never cut."""

    kind = Kind.REFUSED
    code = "batch_too_large"
    title = "The batch has too many items"


class CurrencyUnknown(VaultCraftError):
    kind = Kind.REFUSED
    code = "currency_unknown"
    title = "The currency is not supported"


class AccountStateConflict(VaultCraftError):
    """The account is in a state from which this move is not allowed."""

    kind = Kind.CONFLICT
    code = "state_conflict"
    title = "The current state does not allow this"


class StoppedByPlatform(VaultCraftError):
    """The platform froze or suspended it: only the platform can move it again."""

    kind = Kind.FORBIDDEN
    code = "stopped_by_platform"
    title = "The platform stopped this; ask its support"


class AccountNotEmpty(VaultCraftError):
    kind = Kind.CONFLICT
    code = "account_not_empty"
    title = "Only an empty account can be closed"


class AccountNotGeneral(VaultCraftError):
    """The program keeps the other accounts: they carry its names and stay open."""

    kind = Kind.CONFLICT
    code = "account_not_general"
    title = "Only a general account that the organization opened can be changed"


class CapBelowPosition(VaultCraftError):
    """The two sides already owe each other more than the wanted cap."""

    kind = Kind.CONFLICT
    code = "cap_below_position"
    title = "The current clearing position is above this cap"


class AccountNotForJournals(PostingRefused):
    """Money of customers and banks moves by transfers; clearing accounts never by hand."""

    code = "account_not_for_journals"
    title = "Entries by hand are not allowed on this account"


class JournalSizeUnusable(PostingRefused):
    code = "journal_size_unusable"
    title = "A journal has from 2 to 100 legs"


class EffectiveInFuture(PostingRefused):
    code = "effective_in_future"
    title = "The effective time is still to come"


class EffectiveTooEarly(PostingRefused):
    code = "effective_too_early"
    title = "The effective time is before the year 1900"


class EffectiveBeforeBooks(PostingRefused):
    """An organization's books begin with the day on which it was registered."""

    code = "effective_before_books"
    title = "The effective time is before the organization's first day"


class ReversalBeforeOriginal(PostingRefused):
    code = "reversal_before_original"
    title = "A reversal cannot count before its original does"


class NotAJournal(PostingRefused):
    """Only a manual journal is reversed this way; a reversal is never reversed."""

    code = "not_a_journal"
    title = "Only a manual journal can be reversed here"


class JournalReferenceReused(PostingRefused):
    """The reference stands in the books with another content."""

    code = "journal_reference_reused"
    title = "The reference belongs to another journal"


class PeriodNotOver(VaultCraftError):
    kind = Kind.CONFLICT
    code = "period_not_over"
    title = "The period is not over yet"


class PeriodAlreadyOpen(VaultCraftError):
    kind = Kind.CONFLICT
    code = "period_already_open"
    title = "Another period is open; close or withdraw it first"


class PeriodAlreadyClosed(VaultCraftError):
    kind = Kind.CONFLICT
    code = "period_already_closed"
    title = "The period is closed already"


class PeriodWithdrawn(VaultCraftError):
    kind = Kind.CONFLICT
    code = "period_withdrawn"
    title = "The period was withdrawn"


class PeriodEndUnusable(VaultCraftError):
    """A period ends after the one before, and at most a year from now."""

    kind = Kind.REFUSED
    code = "period_end_unusable"
    title = "A period cannot end on this day"


class CodeTaken(VaultCraftError):
    kind = Kind.CONFLICT
    code = "code_taken"
    title = "The chart of accounts has this code already"


class CodeReserved(VaultCraftError):
    """Accounts that the program opens by itself have codes of their own."""

    kind = Kind.REFUSED
    code = "code_reserved"
    title = "This code is kept for accounts of the system"


class CodeUnusable(VaultCraftError):
    kind = Kind.REFUSED
    code = "code_unusable"
    title = (
        "A code is four digits, then up to 28 capital letters, digits, and points or dashes between"
    )


class RangeUnusable(VaultCraftError):
    """A statement begins before it ends and covers at most 366 days."""

    kind = Kind.REFUSED
    code = "range_unusable"
    title = "A statement cannot cover this range"


class TimeZoneTearsBooks(VaultCraftError):
    """Periods and days that stand would mean something else in another zone."""

    kind = Kind.CONFLICT
    code = "timezone_tears_books"
    title = "The time zone cannot change any more"
