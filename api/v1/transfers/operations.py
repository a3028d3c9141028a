"""The operations on transfers."""

from __future__ import annotations

import dataclasses
import uuid
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from accounts import errors as accounts_errors
from accounts.errors import (
    ApprovalExpired,
    ApprovalMismatch,
    ApprovalOfOtherSession,
    ApprovalRequired,
    ApprovalUnknown,
    ApprovalUsed,
)
from api import errors, queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of, path_id
from api.idempotency.guards import Claim
from api.idempotency.runner import (
    NOT_JUDGED,
    canonical,
    claim_of,
    run_once,
    without_approval,
)
from api.pagination import page_of
from api.problems import request_id_of
from api.schema.operations import operation
from api.throttling import admit_items
from api.v1.pending_acts import Waiting
from api.v1.transfers.filtering import filtered
from api.v1.transfers.rendering import Viewer, answer_of, rendered_item, rendered_transfers
from api.v1.transfers.shapes import (
    ORDER_EXAMPLE,
    RESULT_EXAMPLE,
    BatchOrder,
    BatchResult,
    OneTransferQuery,
    Transfer,
    TransferOrder,
    TransferPage,
    TransferQuery,
)
from kernel import clock, crypto, ids
from kernel.context import reading
from kernel.rates.table import RouteClass
from ledger import errors as ledger_errors
from ledger.policy import MAX_BATCH
from wallets import errors as wallet_errors
from wallets.queries import transfer_of, visible_transfers
from wallets.services.references import reference_of
from wallets.services.transfers import (
    QueueFull,
    TransferOutcome,
    TransferRequest,
    bundled,
    execute_together,
    execute_transfers,
)

TAG = "Transfers"
SINGLE, BATCH = "transfers", "transfers/batch"
MAX_BATCH_BYTES = 4 * 1024 * 1024

UNAPPROVED = (
    ApprovalRequired,
    ApprovalUnknown,
    ApprovalOfOtherSession,
    ApprovalUsed,
    ApprovalExpired,
    ApprovalMismatch,
)
REFUSALS = (
    wallet_errors.SourceNotFound,
    wallet_errors.DestinationNotFound,
    wallet_errors.SameWallet,
    wallet_errors.CurrencyDiffers,
    wallet_errors.SourceFrozen,
    wallet_errors.SourceSuspended,
    wallet_errors.SourceClosed,
    wallet_errors.DestinationSuspended,
    wallet_errors.DestinationClosed,
    wallet_errors.OrganizationInactive,
    ledger_errors.InsufficientFunds,
    accounts_errors.NetworkNotTrusted,
    accounts_errors.CountryNotAllowed,
    accounts_errors.FactorsLatelyReset,
    ledger_errors.ClearingCapExceeded,
    ledger_errors.BalanceOutOfRange,
    wallet_errors.DailyLimitExceeded,
    wallet_errors.MonthlyLimitExceeded,
    wallet_errors.DualControlRequired,
)


class Transfers(Endpoint):
    """The list of transfers, and asking for one."""

    rate = RouteClass.MONEY

    @operation(
        "list_transfers",
        tag=TAG,
        summary="List transfers, newest first",
        response=TransferPage,
        query=TransferQuery,
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of what the caller may see."""
        actor, query = actor_of(request), queries.query_of(request, TransferQuery)
        viewer, expand = Viewer.of(actor), query.get("expand", frozenset())
        with reading(actor):
            page = page_of(
                request,
                filtered(visible_transfers(actor), query),
                query=query,
                render=lambda rows: rendered_transfers(rows, viewer=viewer, expand=expand),
            )
        return Answer.of(page).response()

    @operation(
        "create_transfer",
        tag=TAG,
        summary="Move money between two wallets",
        description="A refused transfer is kept, too: its id is in the problem's `facts`. One that"
        " lacks its person's approval, or comes from where they move no money yet, is not: the same"
        " request under the same key goes through once they have it, or may. The approval is spent"
        " by being presented, also on a refusal. Above the organization's threshold it waits for a"
        " second person: 202 with the act to poll.",
        request=TransferOrder,
        response=Transfer,
        status=201,
        waits=Waiting,
        refusals=(*REFUSALS, *UNAPPROVED, wallet_errors.FeeChanged, QueueFull),
        once=True,
        examples=[ORDER_EXAMPLE, RESULT_EXAMPLE],
    )
    def post(self, request: Request) -> HttpResponse:
        """Ask for one transfer."""
        actor, now = actor_of(request), clock.now()
        order = body_of(request, TransferOrder)
        asked = without_approval(request.data)
        claim = claim_of(request._request, actor=actor, route=SINGLE, payload=asked, now=now)

        def effect(claim: Claim) -> Answer:
            outcome = execute_together(transfer_request(claim, order))
            return answer_of(outcome, viewer=Viewer.of(actor))

        return run_once(request._request, claim=claim, effect=effect, grouped=True)


class TransferBatch(Endpoint):
    """Many transfers in one request."""

    rate = RouteClass.BATCHES

    max_body_bytes = MAX_BATCH_BYTES

    @operation(
        "create_transfer_batch",
        tag=TAG,
        summary="Move money between many wallets at once",
        description=f"At most {MAX_BATCH} items. Each is judged by itself and the answer is 200,"
        " whatever became of them; with `all_or_nothing` one refusal keeps all of them out of the"
        " books and the answer is a problem `batch_refused` with the same `items`. The items count"
        " together for whether a person has to approve them, and are approved as one.",
        request=BatchOrder,
        response=BatchResult,
        refusals=(ledger_errors.BatchTooLarge, errors.BatchRefused, *UNAPPROVED),
        once=True,
    )
    def post(self, request: Request) -> HttpResponse:
        """Ask for many transfers."""
        actor, now = actor_of(request), clock.now()
        order = body_of(request, BatchOrder)
        admit_items(request._request, actor=actor, items=len(order["items"]))
        asked = without_approval(request.data)
        claim = claim_of(request._request, actor=actor, route=BATCH, payload=asked, now=now)
        return run_once(
            request._request, claim=claim, effect=lambda claim: _batch_answer(request, claim, order)
        )


def _batch_answer(request: Request, claim: Claim, order: dict[str, Any]) -> Answer:
    whole: bool = order["all_or_nothing"]
    requests = [
        transfer_request(claim, item, index=index, whole=whole)
        for index, item in enumerate(order["items"])
    ]
    approval_id = approval_of(order)
    outcomes = execute_transfers(
        bundled(requests, all_or_nothing=whole, approval_id=approval_id), all_or_nothing=whole
    )
    unjudged = next((o.error for o in outcomes if isinstance(o.error, NOT_JUDGED)), None)
    if unjudged is not None:  # of the batch as a whole, and nothing of it was judged
        raise unjudged
    replayed = all(outcome.replayed for outcome in outcomes)
    viewer, request_id = Viewer.of(claim.actor), _request_id(request, outcomes)
    items = [
        rendered_item(outcome, index=index, viewer=viewer, request_id=request_id)
        for index, outcome in enumerate(outcomes)
    ]
    refused = sum(1 for item in items if item["problem"])
    waiting = sum(1 for item in items if item["pending_act"])
    completed = len(items) - refused - waiting
    result = {"completed": completed, "refused": refused, "waiting": waiting, "items": items}
    if not (whole and refused):
        return dataclasses.replace(Answer.of(result), replayed=replayed)
    error = errors.BatchRefused(
        "Nothing moved; see the items.", facts={"refused": refused, "items": items}
    )
    answer = Answer.of_error(error, request_id=request_id)
    return dataclasses.replace(answer, replayed=replayed)


def _request_id(request: Request, outcomes: list[TransferOutcome]) -> str:
    """The id of the request that was the first to ask: what is told again has the same bytes."""
    rows = (outcome.transfer for outcome in outcomes if outcome.transfer is not None)
    first = next(rows, None)
    return request_id_of(request._request) if first is None else first.request_id


class OneTransfer(Endpoint):
    """One transfer."""

    @operation(
        "read_transfer",
        tag=TAG,
        summary="Read one transfer",
        response=Transfer,
        query=OneTransferQuery,
        path={"transfer_id": "trf"},
        refusals=(wallet_errors.TransferNotFound,),
        examples=[RESULT_EXAMPLE],
    )
    def get(self, request: Request, transfer_id: str) -> HttpResponse:
        """The transfer as the caller may see it."""
        actor, query = actor_of(request), queries.query_of(request, OneTransferQuery)
        with reading(actor):
            row = transfer_of(actor=actor, transfer_id=path_id("trf", transfer_id))
            expand = query.get("expand", frozenset())
            found = rendered_transfers([row], viewer=Viewer.of(actor), expand=expand)[0]
        return Answer.of(found).response()


def transfer_request(
    claim: Claim, order: dict[str, Any], *, index: int = 0, whole: bool = False
) -> TransferRequest:
    """What the wallets room is asked, under a reference that the key alone determines."""
    asked = (order["source_wallet"], order["destination_wallet"], str(order["amount_minor"]))
    notes = (order["currency"], order["description"], canonical(order["metadata"]))
    expected: int | None = order.get("expected_fee_minor")
    agreed = () if expected is None else (str(expected),)
    return TransferRequest(
        actor=claim.actor,
        source=order["source_wallet"],
        destination=order["destination_wallet"],
        amount_minor=order["amount_minor"],
        currency=order["currency"],
        description=order["description"],
        metadata=order["metadata"],
        reference=reference_of(actor=claim.actor, route=claim.route, key=claim.key, item=index),
        fingerprint=crypto.fingerprint(claim.route, str(whole), *asked, *notes, *agreed),
        now=claim.now,
        expected_fee_minor=expected,
        approval_id=approval_of(order),
    )


def approval_of(order: dict[str, Any]) -> uuid.UUID | None:
    """The approval that an order presents.

    :raises ApprovalUnknown: for an id that cannot be one.
    """
    given: str | None = order.get("approval")
    try:
        return ids.decode("apr", given) if given else None
    except ids.MalformedId as error:
        raise ApprovalUnknown(pointer="/approval") from error
