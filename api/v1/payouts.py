"""The operations on payouts: money that leaves for an account at a bank."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from api import fields, queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of, path_id
from api.idempotency.guards import Claim
from api.idempotency.runner import canonical, claim_of, run_once, without_approval
from api.schema.operations import operation
from api.v1.pending_acts import Waiting
from api.v1.transfers.operations import REFUSALS, UNAPPROVED, approval_of
from api.v1.transfers.rendering import Viewer, answer_of, rendered_transfer
from api.v1.transfers.shapes import MAX_DESCRIPTION, Transfer, approval_member
from kernel import clock, crypto
from kernel.context import reading
from kernel.rates.table import RouteClass
from ledger import errors as ledger_errors
from wallets import errors as wallet_errors
from wallets.queries import payout_of
from wallets.services.payouts.accounts import Account
from wallets.services.payouts.asking import ask_payout, payout_request
from wallets.services.references import reference_of

TAG = "Payouts"
ROUTE = "payouts"
_OF_WALLETS = (
    wallet_errors.DestinationNotFound,
    wallet_errors.SameWallet,
    wallet_errors.DestinationSuspended,
    wallet_errors.DestinationClosed,
    ledger_errors.ClearingCapExceeded,
)
REFUSED = (
    *(one for one in REFUSALS if one not in _OF_WALLETS),
    wallet_errors.FeeChanged,
    wallet_errors.CashInsufficient,
    wallet_errors.PayoutsUnavailable,
)


class BeneficiaryOrder(fields.StrictSerializer):
    """An account at a bank. It is sealed, and shown by its last characters only."""

    name = fields.LineField(visible=True, max_length=140, help_text="Of the account's holder.")
    bank_code = fields.PatternField(
        r"^[A-Z0-9]{4,15}$",
        message="Expected 4 to 15 capital letters and digits.",
        help_text="As the rail knows the bank: an IFSC, a BIC.",
    )
    account_number = fields.PatternField(
        r"^[A-Z0-9]{5,34}$",
        message="Expected 5 to 34 capital letters and digits, without spaces.",
        help_text="Or an IBAN.",
    )


class PayoutOrder(fields.StrictSerializer):
    """Pay an amount out of a wallet to an account at a bank."""

    source_wallet = fields.wallet_reference(help_text="Wallet id or handle that pays.")
    beneficiary = BeneficiaryOrder()
    amount_minor = fields.AmountField()
    currency = fields.currency(help_text="Must be the wallet's.")
    description = fields.LineField(max_length=MAX_DESCRIPTION, default="", allow_blank=True)
    metadata = fields.MetadataField(default=dict)
    expected_fee_minor = fields.CapField(
        required=False,
        help_text="The fee the payer agreed to; if it is another one by now, nothing moves.",
    )
    approval = approval_member()


class Payouts(Endpoint):
    """Asking for one."""

    rate = RouteClass.MONEY

    @operation(
        "create_payout",
        tag=TAG,
        summary="Pay money out to an account at a bank",
        description="The answer is a transfer of kind `payout` in the state `PROCESSING`: amount"
        " and fee are reserved and a bank is asked. It ends `COMPLETED`, or `FAILED` with its money"
        " free again; read it, list `GET /transfers?kind=payout`, or follow the events"
        " `wallets.payout.completed` and `.failed`. Asked for, it is judged like any payment:"
        " limits, approval, network, and above the organization's threshold a second person.",
        request=PayoutOrder,
        response=Transfer,
        status=202,
        refusals=(*REFUSED, *UNAPPROVED),
        waits=Waiting,
        once=True,
    )
    def post(self, request: Request) -> HttpResponse:
        """Ask for one payout."""
        actor, now = actor_of(request), clock.now()
        order = body_of(request, PayoutOrder)
        account = account_in(order["beneficiary"])
        claim = claim_of(
            request._request, actor=actor, route=ROUTE, payload=_unnamed(request, account), now=now
        )

        def effect(claim: Claim) -> Answer:
            asked = payout_request(
                actor=actor,
                source=order["source_wallet"],
                account=account,
                amount_minor=order["amount_minor"],
                currency=order["currency"],
                description=order["description"],
                metadata=order["metadata"],
                expected_fee_minor=order.get("expected_fee_minor"),
                reference=reference_of(actor=actor, route=ROUTE, key=claim.key),
                fingerprint=_fingerprint(order, account),
                now=claim.now,
                approval_id=approval_of(order),
            )
            outcome = ask_payout(request=asked)
            return answer_of(outcome, viewer=Viewer.of(actor))

        return run_once(request._request, claim=claim, effect=effect)


class OnePayout(Endpoint):
    """One payout."""

    @operation(
        "read_payout",
        tag=TAG,
        summary="Read one payout",
        description="The transfer as `GET /transfers/{transfer_id}` shows it.",
        response=Transfer,
        query=queries.Query,
        path={"transfer_id": "trf"},
        refusals=(wallet_errors.PayoutNotFound,),
    )
    def get(self, request: Request, transfer_id: str) -> HttpResponse:
        """The payout as the caller may see it."""
        actor, _ = actor_of(request), queries.query_of(request)
        with reading(actor):
            row = payout_of(actor=actor, transfer_id=path_id("trf", transfer_id))
            found = rendered_transfer(row, viewer=Viewer.of(actor))
        return Answer.of(found).response()


def account_in(order: dict[str, Any]) -> Account:
    """The account of an order."""
    return Account(name=order["name"], bank_code=order["bank_code"], number=order["account_number"])


def _unnamed(request: Request, account: Account) -> Any:
    """What was asked, with a keyed hash for the account: a plain one could be tried out."""
    return {**without_approval(request.data), "beneficiary": account.to.index.hex()}


def _fingerprint(order: dict[str, Any], account: Account) -> bytes:
    notes = (order["currency"], order["description"], canonical(order["metadata"]))
    expected: int | None = order.get("expected_fee_minor")
    agreed = () if expected is None else (str(expected),)
    to = account.to.index.hex()
    return crypto.fingerprint(
        ROUTE, order["source_wallet"], to, str(order["amount_minor"]), *notes, *agreed
    )
