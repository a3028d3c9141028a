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


# Codes of a refused transfer, as a person reads them. The field is the send form's.
TRANSFER_SENTENCES: dict[str, Sentence] = {
    "insufficient_funds": Sentence("There is not enough available in this wallet.", "amount"),
    "invalid_amount": Sentence("Enter an amount like 1250.50.", "amount"),
    "balance_out_of_range": Sentence("This amount is more than a wallet can hold.", "amount"),
    "currency_mismatch": Sentence(
        "The payee’s wallet holds another currency. Choose a wallet in the same one.",
        "destination",
    ),
    "wallet_not_found": Sentence("No wallet has this handle. Check it with the payee.", "destination"),
    "malformed_id": Sentence("A handle looks like VC-7Q2M9K. Check it with the payee.", "destination"),
    "same_wallet": Sentence("Choose a payee other than the wallet you send from.", "destination"),
    "account_frozen": Sentence("This wallet is frozen, so nothing can leave it.", "source"),
    "account_suspended": Sentence("One of the two wallets is suspended.", "destination"),
    "account_closed": Sentence("One of the two wallets is closed.", "destination"),
    "clearing_cap_exceeded": Sentence(
        "Your organization and the payee’s have not agreed to exchange this much. "
        "Ask your finance team to raise the clearing cap.",
        "destination",
    ),
    "organization_not_active": Sentence(
        "Your organization, or the payee’s, is not active yet, so money cannot move.", None
    ),
    "permission_denied": Sentence("Your role may not send from this wallet.", "source"),
}


def sentence_of(*, code: str | None, fallback: str = "") -> Sentence:
    """The words for a refusal code; the fallback where the table has none."""
    return TRANSFER_SENTENCES.get(code or "", Sentence(fallback or "This was refused."))


def explain(form: Form, error: VaultCraftError) -> None:
    """Show a refusal beside the field it belongs to, or above the form."""
    sentence = sentence_of(code=error.code, fallback=error.detail)
    pointed = (error.pointer or "").rpartition("/")[2]
    field = next((name for name in (pointed, sentence.field) if name in form.fields), None)
    form.add_error(field, sentence.words)
