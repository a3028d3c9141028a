"""Transfers as one viewer may see them.

Everything is taken from the transfer's own row, which no longer changes once it is final; so the
same transfer always gives the same bytes, however often an answer has to be rendered again. What
grows later, like the sum of its reversals, is shown by reading it with `expand`.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Mapping
from typing import Any

from accounts.policy import may
from api import problems
from api.answers import Answer
from api.v1.entries import rendered_entry
from api.v1.pending_acts import rendered_pending_act, waiting_answer
from api.v1.rendering import instant, money, shown, typed_id
from api.v1.transfers.shapes import API_KEY_SCOPE
from kernel import ids
from kernel.actor import Actor, ActorKind
from kernel.errors import VaultCraftError
from ledger.queries import transactions_of_transfer
from wallets.choices import TransferKind, TransferState
from wallets.models import Transfer, WalletHold
from wallets.queries import Reversed, reversed_sums
from wallets.services.transfers import TransferOutcome, error_of

_PREFIX_OF_ACTOR = {ActorKind.USER.value: "usr", ActorKind.API_KEY.value: "key"}
_WAITING = {TransferState.PENDING, TransferState.PROCESSING}


@dataclasses.dataclass(frozen=True, slots=True)
class Viewer:
    """How much of a transfer somebody may see."""

    organization_id: uuid.UUID | None
    actor_id: uuid.UUID | None
    sees_all: bool
    is_platform: bool

    @classmethod
    def of(cls, actor: Actor) -> Viewer:
        """The view of an actor."""
        return cls(
            organization_id=actor.organization_id,
            actor_id=actor.id,
            sees_all=may(actor, "transfers.read_all"),
            is_platform=actor.is_platform,
        )

    def at_home(self, organization_id: uuid.UUID | None) -> bool:
        """Whether this side of the transfer is the viewer's own organization."""
        return self.is_platform or organization_id == self.organization_id

    def asked(self, made: Transfer | WalletHold) -> bool:
        """Whether the viewer stands on the side that asked, and so sees its notes."""
        home = self.at_home(made.organization_id)
        return home and (self.sees_all or made.actor_id == self.actor_id)


def rendered_transfer(transfer: Transfer, *, viewer: Viewer) -> dict[str, Any]:
    """One transfer."""
    asked = viewer.asked(transfer)
    payer = viewer.at_home(transfer.organization_id)
    receiver = viewer.at_home(transfer.counterparty_organization_id or transfer.organization_id)
    # What a reversal gives back of a fee comes from the books of the organization it returns to.
    charged = receiver if transfer.kind == TransferKind.REVERSAL else payer
    return {
        "id": ids.encode("trf", transfer.id),
        "kind": transfer.kind,
        "state": transfer.state,
        "reason_code": transfer.reason_code or None,
        "amount_minor": transfer.amount_minor,
        "currency": transfer.currency_id,
        "display": shown(transfer.amount_minor, transfer.currency_id),
        "fee": money(transfer.fee_minor, transfer.currency_id) if charged else None,
        "source": rendered_end(transfer, "source", own=payer),
        "destination": rendered_end(transfer, "destination", own=receiver),
        "hold": typed_id("hld", transfer.hold_id if payer else None),
        "reverses": typed_id("trf", transfer.reverses_id),
        "description": transfer.description,
        "metadata": transfer.metadata if asked else None,
        "external_reference": transfer.external_reference if asked else None,
        "made_by": rendered_maker(transfer) if asked else None,
        "approval": rendered_approval(transfer) if asked else None,
        "checked": rendered_check(transfer) if asked else None,
        "created_at": instant(transfer.created_at),
        "completed_at": instant(transfer.completed_at),
        "effective_at": instant(transfer.effective_at),
        "source_transaction": typed_id("txn", transfer.source_transaction_id if payer else None),
        "destination_transaction": typed_id(
            "txn", transfer.destination_transaction_id if receiver else None
        ),
    }


def rendered_end(made: Transfer | WalletHold, side: str, *, own: bool) -> dict[str, Any] | None:
    """One side of a transfer or hold; the wallet's id is for its own organization."""
    wallet_id = getattr(made, f"{side}_id")
    if wallet_id is None:
        # The account at a bank that a payout goes to has no wallet, and a mask for a handle.
        shown_as = getattr(made, f"{side}_handle") if own else ""
        if not shown_as:
            return None
        return {"wallet": None, "handle": shown_as, "name": getattr(made, f"{side}_holder")}
    return {
        "wallet": ids.encode("wal", wallet_id) if own else None,
        "handle": getattr(made, f"{side}_handle"),
        "name": getattr(made, f"{side}_holder"),
    }


def rendered_maker(made: Any) -> dict[str, Any]:
    """Who made a money object, through which door."""
    prefix = _PREFIX_OF_ACTOR.get(made.actor_kind)
    return {
        "kind": made.actor_kind,
        "id": typed_id(prefix, made.actor_id) if prefix else None,
        "door": made.door,
        "name": made.actor_display,
    }


def rendered_approval(made: Transfer | WalletHold) -> dict[str, Any] | None:
    """How who asked made sure that it is their will: a person's approval, or a key's scope."""
    if made.approval_id is not None:
        return {"method": made.approval_method, "id": ids.encode("apr", made.approval_id)}
    if made.actor_kind == ActorKind.API_KEY.value:
        return {"method": API_KEY_SCOPE, "id": None}
    return None


def rendered_check(transfer: Transfer) -> dict[str, Any] | None:
    """The second person who agreed, and the act they agreed to."""
    if transfer.pending_act_id is None or transfer.checker_id is None:
        return None
    return {
        "pending_act": ids.encode("pac", transfer.pending_act_id),
        "id": ids.encode("usr", transfer.checker_id),
        "name": transfer.checker_display,
    }


def problem_of(transfer: Transfer, error: VaultCraftError) -> dict[str, Any]:
    """The problem of a refused transfer, made from its row alone."""
    error.facts = {"transfer": ids.encode("trf", transfer.id)}
    return problems.document(error, request_id=transfer.request_id)


def answer_of(outcome: TransferOutcome, *, viewer: Viewer) -> Answer:
    """The answer to a request for one movement.

    :raises VaultCraftError: if it was refused before there was a row.
    """
    transfer, act = outcome.transfer, outcome.pending_act
    if act is not None:
        waiting = waiting_answer(act, now=act.made_at)
        return dataclasses.replace(waiting, replayed=outcome.replayed)
    if transfer is None:
        raise outcome.error or AssertionError("an outcome has a transfer or an error")
    error = error_of(transfer)
    if error is not None:
        return Answer(
            status=problems.status_of(error),
            body=problems.encode(problem_of(transfer, error)),
            headers={"Content-Type": problems.MEDIA_TYPE},
            replayed=outcome.replayed,
        )
    answer = Answer.of(
        rendered_transfer(transfer, viewer=viewer),
        status=202 if transfer.state in _WAITING else 201,
        location=f"/api/v1/transfers/{ids.encode('trf', transfer.id)}",
    )
    return dataclasses.replace(answer, replayed=outcome.replayed)


def rendered_item(
    outcome: TransferOutcome, *, index: int, viewer: Viewer, request_id: str
) -> Mapping[str, Any]:
    """One item of a batch's answer."""
    transfer = outcome.transfer
    error = outcome.error if transfer is None else error_of(transfer)
    problem: dict[str, Any] | None = None
    if error is not None:
        problem = (
            problem_of(transfer, error)
            if transfer is not None
            else problems.document(error, request_id=request_id)
        )
    act = outcome.pending_act
    waiting = act is not None or (transfer is not None and transfer.state in _WAITING)
    return {
        "index": index,
        "status": problems.status_of(error) if error else (202 if waiting else 201),
        "code": error.code if error else None,
        "transfer": rendered_transfer(transfer, viewer=viewer) if transfer else None,
        "problem": problem,
        "pending_act": rendered_pending_act(act, now=act.made_at) if act else None,
    }


def rendered_transfers(
    rows: list[Transfer], *, viewer: Viewer, expand: frozenset[str]
) -> list[dict[str, Any]]:
    """A page of transfers; what they are shown with is fetched for all of them at once."""
    found = [rendered_transfer(row, viewer=viewer) for row in rows]
    if "entries" in expand:
        for shown_row, entries in zip(found, _entries_of(rows), strict=True):
            shown_row["entries"] = [rendered_entry(entry) for entry in entries]
    if "reversals" in expand:
        sums = reversed_sums([row.id for row in rows])
        for shown_row, row in zip(found, rows, strict=True):
            shown_row["reversals"] = _rendered_reversals(row, sums.get(row.id, Reversed()))
    return found


def _entries_of(rows: list[Transfer]) -> list[list[Any]]:
    wanted = {
        transaction_id
        for row in rows
        for transaction_id in (row.source_transaction_id, row.destination_transaction_id)
        if transaction_id is not None
    }
    entries: dict[Any, list[Any]] = {}
    for transaction in transactions_of_transfer(wanted):
        entries.setdefault(transaction.transfer_id, []).extend(transaction.entries.all())
    return [entries.get(row.id, []) for row in rows]


def _rendered_reversals(transfer: Transfer, given_back: Reversed) -> dict[str, Any]:
    reversible = transfer.state == TransferState.COMPLETED
    reversible = reversible and transfer.kind != TransferKind.REVERSAL
    left_minor = transfer.amount_minor - given_back.amount_minor if reversible else 0
    return {
        "count": given_back.count,
        "reversed_minor": given_back.amount_minor,
        "left_minor": left_minor,
        "reversed_display": shown(given_back.amount_minor, transfer.currency_id),
        "left_display": shown(left_minor, transfer.currency_id),
    }
