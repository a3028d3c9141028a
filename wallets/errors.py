"""What this room refuses. Codes of refusals are stored on transfers and never change."""

from __future__ import annotations

from kernel.errors import Kind, VaultCraftError
from ledger.errors import OrganizationInactive as OrganizationInactive
from ledger.errors import PostingRefused
from ledger.errors import ReversalOfReversal as ReversalOfReversal


class Refusal(VaultCraftError):
    """The base of every business refusal of a movement."""

    kind = Kind.REFUSED
    code = "refused"
    title = "The movement is refused"


class SourceNotFound(Refusal):
    code = "source_wallet_not_found"
    title = "There is no such source wallet"


class DestinationNotFound(Refusal):
    code = "destination_wallet_not_found"
    title = "There is no such destination wallet"


class SameWallet(Refusal):
    code = "same_wallet"
    title = "Source and destination are the same wallet"


class CurrencyDiffers(Refusal):
    code = "wallet_currency_mismatch"
    title = "The wallets and the amount are not in one currency"


class SourceFrozen(Refusal):
    code = "source_wallet_frozen"
    title = "The source wallet is frozen"


class SourceSuspended(Refusal):
    code = "source_wallet_suspended"
    title = "The source wallet is suspended"


class SourceClosed(Refusal):
    code = "source_wallet_closed"
    title = "The source wallet is closed"


class DestinationSuspended(Refusal):
    code = "destination_wallet_suspended"
    title = "The destination wallet is suspended"


class DestinationClosed(Refusal):
    code = "destination_wallet_closed"
    title = "The destination wallet is closed"


class BatchWithheld(Refusal):
    """This item had no fault, but another item of its all-or-nothing batch had."""

    code = "batch_withheld"
    title = "Another item of the batch was refused, so nothing moved"


class ReferenceReused(Refusal):
    """The same idempotency key came with another request."""

    code = "idempotency_key_reused"
    title = "The idempotency key was used for another request"


class ExternalReferenceUsed(VaultCraftError):
    kind = Kind.CONFLICT
    code = "external_reference_used"
    title = "The external reference was used for another movement"


class LimitExceeded(PostingRefused):
    """The base of refusals by a wallet's limits."""

    code = "limit_exceeded"
    title = "The wallet's limit does not allow this"


class DailyLimitExceeded(LimitExceeded):
    code = "daily_limit_exceeded"
    title = "The wallet's limit for one day does not allow this"


class MonthlyLimitExceeded(LimitExceeded):
    code = "monthly_limit_exceeded"
    title = "The wallet's limit for one month does not allow this"


class DualControlRequired(PostingRefused):
    """More would leave in 24 hours than the organization lets one person send."""

    code = "dual_control_required"
    title = "A second person has to agree to this"


class FeeChanged(Refusal):
    """The fee is not the one the payer agreed to."""

    code = "fee_changed"
    title = "The fee has changed since it was shown"


class TransferNotCompleted(Refusal):
    """Nothing moved, so there is nothing to give back."""

    code = "transfer_not_completed"
    title = "Only a completed transfer can be reversed"


class HoldExpiryInvalid(VaultCraftError):
    """A hold ends after it begins, and within 30 days."""

    kind = Kind.REFUSED
    code = "hold_expiry_invalid"
    title = "The hold would end too early or too late"


class WalletHoldNotFound(VaultCraftError):
    kind = Kind.NOT_FOUND
    code = "wallet_hold_not_found"
    title = "There is no such hold"


class TermsInvalid(VaultCraftError):
    """A fee or limit outside its bounds, or for something that has none."""

    kind = Kind.REFUSED
    code = "terms_invalid"
    title = "These terms are not possible"


class WalletNotFound(VaultCraftError):
    kind = Kind.NOT_FOUND
    code = "wallet_not_found"
    title = "There is no such wallet"


class TransferNotFound(VaultCraftError):
    kind = Kind.NOT_FOUND
    code = "transfer_not_found"
    title = "There is no such transfer"


class WalletExists(VaultCraftError):
    """One wallet of each kind and currency for each holder."""

    kind = Kind.CONFLICT
    code = "wallet_exists"
    title = "The holder has a wallet of this kind and currency"


class HolderNotFound(VaultCraftError):
    kind = Kind.REFUSED
    code = "holder_not_found"
    title = "There is no such person in the organization"


class CashInsufficient(Refusal):
    """The organization's cash at bank does not cover the withdrawal."""

    code = "organization_cash_insufficient"
    title = "The organization's cash at bank is too small"


class PayoutsUnavailable(VaultCraftError):
    """The installation has no rail to pay out on."""

    kind = Kind.UNAVAILABLE
    code = "payouts_unavailable"
    title = "Nothing is paid out to banks here"


class PayoutNotFound(VaultCraftError):
    kind = Kind.NOT_FOUND
    code = "payout_not_found"
    title = "There is no such payout"


class PayoutNotStuck(VaultCraftError):
    """Workers carry it on, or it has ended: there is nothing for a person to decide."""

    kind = Kind.CONFLICT
    code = "payout_not_stuck"
    title = "There is no such payout that is stuck"


class RemedyUnknown(VaultCraftError):
    """It is tried again, settled as paid or settled as failed, for a reason."""

    kind = Kind.REFUSED
    code = "payout_remedy_unknown"
    title = "Say what becomes of the payout, and why"


class PayoutDeclined(Refusal):
    """The bank refused it; the money is free again."""

    code = "payout_declined"
    title = "The bank declined the payout"


class PayoutTimedOut(Refusal):
    """No bank paid it in time; it was called back, and the money is free again."""

    code = "payout_timed_out"
    title = "The payout was not paid in time"


class PayoutUndelivered(Refusal):
    """No rail took it in the end; it was called back, and the money is free again."""

    code = "payout_undelivered"
    title = "The payout could not be handed to the bank"
