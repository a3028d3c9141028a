"""What a payer typed, as the books would judge it: the review before anything is confirmed."""

from __future__ import annotations

import dataclasses

from accounts.services.approvals import Demand
from kernel import clock
from kernel.crypto import fingerprint
from kernel.errors import VaultCraftError
from kernel.money import parse_minor
from ledger.errors import InsufficientFunds
from wallets.errors import DestinationNotFound, DualControlRequired, WalletNotFound
from wallets.models import Wallet
from wallets.queries import Payee, payee_of, wallet_of
from wallets.services.references import reference_of
from wallets.services.transfers import Rehearsal, TransferRequest, rehearse_transfers
from web.doors import PersonRequest
from web.forms import SendForm, new_key
from web.presenters.money import shown
from web.refusals import explain
from web.reviews import Review

ROUTE = "web:send"


@dataclasses.dataclass(frozen=True, slots=True)
class Judged:
    """A form that the books would take, as they stand now.

    :param waits: whether they take it only once a second person has agreed.
    """

    review: Review
    source: Wallet
    payee: Payee
    after_minor: int
    demand: Demand | None = None
    waits: bool = False


def fresh(request: PersonRequest, asked: Review) -> TransferRequest:
    """The same under a key of its own: asked about, it stands nowhere."""
    return item_of(request, dataclasses.replace(asked, key=new_key()))


def item_of(request: PersonRequest, asked: Review) -> TransferRequest:
    return TransferRequest(
        actor=request.actor,
        source=asked.source,
        destination=asked.destination,
        amount_minor=asked.amount_minor,
        currency=asked.currency,
        reference=reference_of(actor=request.actor, route=ROUTE, key=asked.key),
        fingerprint=fingerprint(
            asked.source,
            asked.destination,
            str(asked.amount_minor),
            str(asked.fee_minor),
            asked.currency,
            asked.description,
        ),
        now=clock.now(),
        description=asked.description,
        expected_fee_minor=asked.fee_minor,
    )


def judge(request: PersonRequest, form: SendForm) -> Judged | None:
    """What can be shown for confirmation; None with the reason on the form.

    The books judge again, under their locks.
    """
    given = form.cleaned_data
    source: Wallet | None = None
    try:
        source = wallet_of(actor=request.actor, wallet=given["source"])
        amount_minor = parse_minor(text=given["amount"], exponent=source.currency.exponent)
        found = _payee_of(given["destination"])
        asked = Review(
            key=given["key"],
            source=source.handle,
            destination=found.handle,
            amount_minor=amount_minor,
            fee_minor=0,
            currency=source.currency_id,
            description=given["description"],
            amount_text=given["amount"],
        )
        rehearsal = _rehearsed(request, asked)
    except VaultCraftError as error:
        explain(form, error, currency=source.currency if source else None)
        return None
    waits = isinstance(rehearsal.error, DualControlRequired)
    if rehearsal.error is not None and not waits:
        _explain_rehearsal(form, rehearsal, source)
        return None
    asked = dataclasses.replace(asked, fee_minor=rehearsal.fee_minor)
    demand = rehearsal.question.demand if rehearsal.question else None
    return Judged(asked, source, found, after_minor(rehearsal, asked, source), demand, waits)


def after_minor(rehearsal: Rehearsal, asked: Review, source: Wallet) -> int:
    """What the payer would have left, in minor units, also while the payment still waits."""
    if rehearsal.source is not None:
        return rehearsal.source.available_minor
    return source.account.available_minor - asked.amount_minor - rehearsal.fee_minor


def _payee_of(typed: str) -> Payee:
    try:
        return payee_of(typed.strip())
    except WalletNotFound as error:
        raise DestinationNotFound() from error


def _rehearsed(request: PersonRequest, asked: Review) -> Rehearsal:
    """What the books would say now, under a key of its own: a review is nothing that stands."""
    item = item_of(request, dataclasses.replace(asked, key=new_key()))
    return rehearse_transfers([dataclasses.replace(item, expected_fee_minor=None)])[0]


def _explain_rehearsal(form: SendForm, rehearsal: Rehearsal, source: Wallet) -> None:
    assert rehearsal.error is not None
    if isinstance(rehearsal.error, InsufficientFunds) and rehearsal.fee_minor:
        fee = shown(rehearsal.fee_minor, source.currency)
        form.add_error("amount", f"There is not enough available for this and its fee of {fee}.")
    else:
        explain(form, rehearsal.error, currency=source.currency)
