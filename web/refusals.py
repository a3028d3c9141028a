"""What a refused act looks like to a person: one table of kinds, one of sentences."""

from __future__ import annotations

import dataclasses

from django.forms import Form

from kernel.errors import Kind, VaultCraftError

STATUS_OF_KIND: dict[Kind, int] = {
    Kind.INVALID: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.REFUSED: 422,
    Kind.LIMIT: 429,
    Kind.UNAVAILABLE: 503,
}

SYMBOL_OF_KIND: dict[Kind, str] = {
    Kind.FORBIDDEN: "lock",
    Kind.NOT_FOUND: "search",
    Kind.LIMIT: "hourglass",
    Kind.UNAVAILABLE: "hourglass",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Sentence:
    """A refusal in plain words, and the form field it belongs beside."""

    words: str
    field: str | None = None


_HANDLE = "A handle looks like VC-7Q2M9K; its last character catches typing mistakes."

# Codes as a person reads them. The field is the one of the send form it belongs beside.
SENTENCES: dict[str, Sentence] = {
    "insufficient_funds": Sentence("There is not enough available in this wallet.", "amount"),
    "invalid_amount": Sentence("", "amount"),
    "balance_out_of_range": Sentence("This is more than a wallet can hold.", "amount"),
    "wallet_currency_mismatch": Sentence(
        "The payee’s wallet holds another currency. Send from a wallet in the same one.",
        "destination",
    ),
    "source_wallet_not_found": Sentence("You cannot send from this wallet.", "source"),
    "destination_wallet_not_found": Sentence("No wallet has this handle.", "destination"),
    "malformed_id": Sentence(_HANDLE, "destination"),
    "same_wallet": Sentence("Money cannot go to the wallet it comes from.", "destination"),
    "source_wallet_frozen": Sentence("This wallet is frozen, so nothing can leave it.", "source"),
    "source_wallet_suspended": Sentence("This wallet is suspended.", "source"),
    "source_wallet_closed": Sentence("This wallet is closed.", "source"),
    "destination_wallet_suspended": Sentence("The payee’s wallet is suspended.", "destination"),
    "destination_wallet_closed": Sentence("The payee’s wallet is closed.", "destination"),
    "clearing_cap_exceeded": Sentence(
        "Your organization and the payee’s have not agreed to exchange this much. Ask your "
        "finance team about the clearing cap.",
        "destination",
    ),
    "organization_inactive": Sentence(
        "An organization in this is not active yet, so nothing can be opened or moved."
    ),
    "organization_cash_insufficient": Sentence("The organization’s cash at bank is too small."),
    "permission_denied": Sentence("Your role does not include this."),
    "idempotency_key_reused": Sentence(
        "This form was already used for another transfer. Start again from a fresh one."
    ),
    "cap_below_position": Sentence("More than this is owed already.", "amount"),
    "busy": Sentence("We are busy and changed nothing. Try again in a moment."),
}


def sentence_of(*, code: str | None, fallback: str = "") -> Sentence:
    """The words for a refusal code; the fallback where the table has none."""
    known = SENTENCES.get(code or "", Sentence(""))
    return Sentence(known.words or fallback or "This was refused.", known.field)


def words_of(error: VaultCraftError) -> str:
    """One sentence for a message at the top of a page."""
    return _sentence(error).words


def _sentence(error: VaultCraftError) -> Sentence:
    if "minimum_minor" in error.facts:
        return Sentence("Enter an amount above zero that a wallet can hold.", "amount")
    return sentence_of(code=error.code, fallback=error.detail)


def explain(form: Form, error: VaultCraftError) -> None:
    """Show a refusal beside the field it belongs to, or above the form."""
    sentence = _sentence(error)
    pointed = (error.pointer or "").rpartition("/")[2]
    field = next((name for name in (pointed, sentence.field) if name in form.fields), None)
    form.add_error(field, sentence.words)
