"""What a refused act looks like to a person: one table of kinds, one of sentences."""

from __future__ import annotations

import dataclasses

from django.forms import Form

from accounts.errors import StepUpRequired
from kernel.errors import Kind, VaultCraftError
from web.presenters.money import CurrencyLike, shown

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
    "email_not_confirmed": Sentence(
        "Confirm your e-mail address first: we have sent you a link. You can have it sent again "
        "from the top of any page."
    ),
    "permission_denied": Sentence("Your role does not include this."),
    "idempotency_key_reused": Sentence(
        "This form was already used for something else. Look at what it did before you go on."
    ),
    "daily_limit_exceeded": Sentence("This wallet’s limit for one day is too small.", "amount"),
    "monthly_limit_exceeded": Sentence("This wallet’s limit for one month is too small.", "amount"),
    "fee_changed": Sentence("The fee has changed since it was shown. No money moved."),
    "hold_ended": Sentence("This hold has ended, so nothing more can be taken from it."),
    "hold_expiry_invalid": Sentence("A hold lasts 30 days at most.", "days"),
    "capture_exceeds_hold": Sentence("There is less than this left on the hold.", "amount"),
    "wallet_hold_not_found": Sentence("There is no such hold."),
    "reversal_exceeds_original": Sentence("There is less than this left to give back.", "amount"),
    "reversal_of_reversal": Sentence("Money that was given back is sent again by a new transfer."),
    "transfer_not_completed": Sentence("Nothing moved, so there is nothing to give back."),
    "period_closed": Sentence("The books of that date are closed.", "value_date"),
    "effective_in_future": Sentence("This day is still to come.", "value_date"),
    "effective_too_early": Sentence("The books begin later than this day.", "value_date"),
    "effective_before_books": Sentence("The books begin later than this day.", "value_date"),
    "cap_below_position": Sentence("More than this is owed already.", "amount"),
    "approval_required": Sentence("Enter your PIN to approve this.", "pin"),
    "approval_mismatch": Sentence("This is not what you approved. Nothing moved."),
    "wrong_pin": Sentence("", "pin"),
    "pin_locked": Sentence(
        "Your PIN is locked after three wrong tries. It unlocks by itself within 24 hours.", "pin"
    ),
    "pin_not_set": Sentence("Set a PIN first, on the security page.", "pin"),
    "pin_too_new": Sentence(
        "Your PIN does not approve payments yet: it was set with no more than a code by e-mail. "
        "Until it does, approve with such a code.",
        "pin",
    ),
    "pins_refused": Sentence("Too many wrong PINs came from here. Wait a while.", "pin"),
    "weak_pin": Sentence("", "pin"),
    "pin_already_set": Sentence("You have a PIN already. Change it with the old one."),
    "invalid_pin_reset": Sentence(
        "This link is not valid any more. Ask for a new one on the security page."
    ),
    "network_not_trusted": Sentence(
        "You have not been on this network before, so no money can leave from it yet, nothing "
        "that guards money can be changed, and no papers can be opened."
    ),
    "country_not_allowed": Sentence(
        "Your organization lets no money be moved from the country you are in."
    ),
    "factors_lately_reset": Sentence(
        "Your second factors were reset. Money waits until you have added a new one on the "
        "security page, and for a day."
    ),
    "own_factor_reset": Sentence("Somebody else has to ask for this."),
    "no_factors_to_reset": Sentence(
        "They have no second factor that could be lost: signing in takes a code we mail them."
    ),
    "factor_still_in_use": Sentence(
        "The person has used a second factor since this was asked for, so it is not lost."
    ),
    "countries_unknown": Sentence("This installation cannot tell countries apart."),
    "network_link_too_soon": Sentence("A link was sent a moment ago. Look into your mail."),
    "invalid_network_link": Sentence(
        "This link was used, or is older than half an hour. Ask for another one."
    ),
    "second_factor_refused": Sentence("That does not prove it is you. Try the newest code."),
    "challenge_ended": Sentence("That took too long, or too many tries. Begin again."),
    "one_time_codes_unavailable": Sentence(
        "Codes by e-mail are not available at the moment. Try again in a minute."
    ),
    "last_strong_factor": Sentence(
        "Your role needs an authenticator app or a passkey, so add another first."
    ),
    "roles_come_first": Sentence(
        "Making somebody an owner, admin or finance has to take a second person first: else one "
        "person alone could make somebody who agrees."
    ),
    "nobody_to_check": Sentence("There has to be a second person who could agree to it."),
    "busy": Sentence("We are busy and changed nothing. Try again in a moment."),
}


def sentence_of(*, code: str | None, fallback: str = "") -> Sentence:
    """The words for a refusal code; the fallback where the table has none."""
    known = SENTENCES.get(code or "", Sentence(""))
    return Sentence(_ended(known.words or fallback or "This was refused"), known.field)


def _ended(words: str) -> str:
    """With its full stop: titles of errors have none."""
    return words if words.endswith((".", "!", "?")) else f"{words}."


def words_of(error: VaultCraftError, *, currency: CurrencyLike | None = None) -> str:
    """One sentence for a message at the top of a page.

    :raises StepUpRequired: if it is that, or takes a settled factor: the door then leads to the
        page that asks for a proof.
    """
    return _sentence(error, currency).words


def _sentence(error: VaultCraftError, currency: CurrencyLike | None) -> Sentence:
    if isinstance(error, StepUpRequired):
        raise error
    if "minimum_minor" in error.facts:
        return Sentence("Enter an amount above zero that a wallet can hold.", "amount")
    sentence = sentence_of(code=error.code, fallback=error.detail)
    if currency is None or "limit_minor" not in error.facts:
        return sentence
    return dataclasses.replace(sentence, words=_limit_words(error, currency))


def _limit_words(error: VaultCraftError, currency: CurrencyLike) -> str:
    window = "today" if error.code == "daily_limit_exceeded" else "this month"
    limit_minor, used_minor = (
        int(str(error.facts["limit_minor"])),
        int(str(error.facts["used_minor"])),
    )
    limit, used = shown(limit_minor, currency), shown(used_minor, currency)
    left = shown(max(0, limit_minor - used_minor), currency)
    return f"This wallet may send {limit} {window}; {used} is used, so {left} is left."


def explain(form: Form, error: VaultCraftError, *, currency: CurrencyLike | None = None) -> None:
    """Show a refusal beside the field it belongs to, or above the form.

    :param currency: of the amounts that the refusal may name.
    :raises StepUpRequired: if it is that: the door then leads to the page that asks for a proof.
    """
    sentence = _sentence(error, currency)
    pointed = (error.pointer or "").rpartition("/")[2]
    field = next((name for name in (pointed, sentence.field) if name in form.fields), None)
    form.add_error(field, sentence.words)
