"""Does a movement need its person's approval, and is the one presented good?

Judged where it is posted, over what was read for the posting anyway: a movement that needs no
approval costs nothing. Presented approvals are spent by one statement for the whole batch.

What fails here was never judged by the books: it leaves no transfer, so that the same request under
the same key goes through with a good approval. An approval is spent on the attempt: when the books
then refuse the movement, the refusal is on record with it, and another attempt needs another one.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence

from accounts.choices import ApprovalKind
from accounts.errors import ApprovalRefused, ApprovalRequired
from accounts.services.approvals import (
    Binding,
    Demand,
    Presented,
    Situation,
    Spent,
    asks,
    consume,
    demand_of,
    methods_of,
)
from accounts.services.devices import new_since
from kernel.actor import Actor
from kernel.crypto import fingerprint
from kernel.errors import InvariantBroken
from kernel.transactions import needs_transaction
from wallets.choices import TransferKind
from wallets.directory import Listed, key_of
from wallets.services.transfers.planning import CASH, Draft
from wallets.services.transfers.requests import Bundle, TransferRequest


@dataclasses.dataclass(frozen=True, slots=True)
class Question:
    """One thing to approve: a movement, or the movements of one bundle.

    :param demand: why an approval is needed; None: it is not.
    """

    drafts: tuple[Draft, ...]
    binding: Binding
    demand: Demand | None

    @property
    def request(self) -> TransferRequest:
        """The request that stands for all of them."""
        return self.drafts[0].request

    @property
    def reference(self) -> bytes:
        """What a presented approval is spent on."""
        return _key(self.drafts[0])


def bundled(
    requests: Sequence[TransferRequest],
    *,
    all_or_nothing: bool = False,
    approval_id: uuid.UUID | None = None,
) -> list[TransferRequest]:
    """The requests of one batch of a door, to be approved as one."""
    if not requests:
        return []
    items_hash = fingerprint(*(part for one in requests for part in _asked(one)))
    bundle = Bundle(
        reference=requests[0].reference,
        items_hash=items_hash,
        count=len(requests),
        all_or_nothing=all_or_nothing,
    )
    return [dataclasses.replace(one, bundle=bundle, approval_id=approval_id) for one in requests]


def _asked(request: TransferRequest) -> tuple[str, ...]:
    ends = (str(key_of(name) or name) for name in (request.source, request.destination) if name)
    return (*ends, str(request.amount_minor), request.currency)


@needs_transaction
def questions(drafts: Sequence[Draft]) -> list[Question]:
    """What of the drafts a person has to be asked about: one question for each bundle."""
    bundles: dict[bytes, list[Draft]] = defaultdict(list)
    for draft in drafts:
        if draft.refusal is None and _is_a_persons(draft):
            bundles[_key(draft)].append(draft)
    return [_question(tuple(together)) for together in bundles.values()]


def _is_a_persons(draft: Draft) -> bool:
    # What a second person agreed to was approved when it was asked for, hours ago maybe.
    request = draft.request
    return asks(request.actor) and request.kind not in CASH and not request.consent


def _question(drafts: tuple[Draft, ...]) -> Question:
    request = drafts[0].request
    binding = _bundle_binding(drafts, request.bundle) if request.bundle else _binding(drafts[0])
    return Question(drafts, binding, _demand(drafts))


def _demand(drafts: Sequence[Draft]) -> Demand | None:
    """Why, if at all: amounts out of one organization in one currency count together."""
    sums: dict[tuple[uuid.UUID, str], int] = defaultdict(int)
    payers: dict[tuple[uuid.UUID, str], Listed] = {}
    for draft in drafts:
        if draft.source is not None and not stays(draft.source, draft.destination):
            key = (draft.source.organization_id, draft.request.currency)
            sums[key] += draft.request.amount_minor
            payers[key] = draft.source
    for key, amount_minor in sums.items():
        request = drafts[0].request
        network_is_new = any(draft.network_is_new for draft in drafts)
        demand = demand_of(
            situation(
                payers[key],
                amount_minor,
                key[1],
                actor=request.actor,
                network_is_new=network_is_new,
                now=request.now,
            )
        )
        if demand is not None:
            return demand
    return None


@needs_transaction
def situation(
    payer: Listed,
    amount_minor: int,
    currency: str,
    *,
    actor: Actor,
    network_is_new: bool,
    now: dt.datetime,
) -> Situation:
    """A payment out of a wallet, as the rules see it.

    One query where the device is new: its person may trust it.
    """
    return Situation(
        over_minor=payer.approval_over_minor,
        base_currency=payer.base_currency,
        amount_minor=amount_minor,
        currency=currency,
        now=now,
        device_since=new_since(actor=actor, now=now),
        network_is_new=network_is_new,
    )


def stays(source: Listed, destination: Listed | None) -> bool:
    """Whether both wallets have one holder: nothing leaves anybody's hands.

    RTS on strong customer authentication, article 15.
    """
    return destination is not None and (source.organization_id, source.owner_id) == (
        destination.organization_id,
        destination.owner_id,
    )


_KINDS = {
    TransferKind.TRANSFER: ApprovalKind.TRANSFER,
    TransferKind.CAPTURE: ApprovalKind.CAPTURE,
    TransferKind.REVERSAL: ApprovalKind.REVERSAL,
    TransferKind.PAYOUT: ApprovalKind.PAYOUT,
}
_PRICED = (TransferKind.TRANSFER, TransferKind.PAYOUT)


def _binding(draft: Draft) -> Binding:
    request = draft.request
    subject = request.hold.hold_id if request.hold else None
    back = request.reversal
    return Binding(
        kind=_KINDS[request.kind],
        source_wallet_id=draft.source.id if draft.source else None,
        destination_wallet_id=draft.destination.id if draft.destination else None,
        amount_minor=request.amount_minor,
        currency=request.currency,
        # What a capture or a reversal does to a fee is decided under the locks.
        fee_minor=draft.fee_minor if request.kind in _PRICED else None,
        subject_id=back.transfer_id if back else subject,
        final=request.hold.final if request.hold else None,
        # Of a payout, the account at the bank: any other account is another payee.
        items_hash=request.payout.index if request.payout else b"",
    )


def _bundle_binding(drafts: Sequence[Draft], bundle: Bundle) -> Binding:
    currencies = {draft.request.currency for draft in drafts}
    return Binding(
        kind=ApprovalKind.BATCH,
        source_wallet_id=None,
        destination_wallet_id=None,
        amount_minor=sum(draft.request.amount_minor for draft in drafts),
        currency=currencies.pop() if len(currencies) == 1 else "",
        fee_minor=sum(draft.fee_minor for draft in drafts),
        item_count=bundle.count,
        items_hash=bundle.items_hash,
        all_or_nothing=bundle.all_or_nothing,
    )


@needs_transaction
def approved(
    drafts: Sequence[Draft], *, spend: bool = True
) -> tuple[list[Draft], Mapping[bytes, ApprovalRefused]]:
    """The drafts that may go before the books, with what approved them; and who may not, and why.

    :param spend: False for a rehearsal: nothing is written, and what was not presented is not
        demanded.
    """
    asked = questions(drafts)
    told = consume([_presented(one) for one in asked if one.request.approval_id], spend=spend)
    lacking = [one for one in asked if spend and one.demand and one.reference not in told]
    failed = _required(lacking)
    failed |= {key: one for key, one in told.items() if isinstance(one, ApprovalRefused)}
    going: list[Draft] = []
    refused: dict[bytes, ApprovalRefused] = {}
    for draft in drafts:
        key = _key(draft)
        answer = told.get(key)
        if key in failed:
            refused[draft.request.reference] = failed[key]
        elif isinstance(answer, Spent) and draft.refusal is None:
            going.append(dataclasses.replace(draft, approval=answer))
        else:
            going.append(draft)
    return going, refused


def _key(draft: Draft) -> bytes:
    """What an approval is spent on: the movement's reference, or its bundle's."""
    bundle = draft.request.bundle
    return bundle.reference if bundle else draft.request.reference


def _presented(question: Question) -> Presented:
    request = question.request
    if request.approval_id is None:
        raise InvariantBroken("nothing was presented")
    return Presented(
        approval_id=request.approval_id,
        actor=request.actor,
        binding=question.binding,
        reference=question.reference,
        now=request.now,
    )


def _required(lacking: Sequence[Question]) -> dict[bytes, ApprovalRefused]:
    """What to answer to who presented nothing: why, and by which methods it could be approved."""
    if not lacking:
        return {}
    people = {one.request.actor.id for one in lacking if one.request.actor.id}
    methods = methods_of(people, now=lacking[0].request.now)
    found: dict[bytes, ApprovalRefused] = {}
    for one in lacking:
        person = one.request.actor.id
        if one.demand and person:
            found[one.reference] = required(one.demand, methods[person])
    return found


def required(demand: Demand, methods: Sequence[str]) -> ApprovalRequired:
    """The demand as an error."""
    return ApprovalRequired(
        "Approve it first: POST /approvals, then send the same request with the approval's id.",
        facts={
            "reasons": list(demand.reasons),
            "methods": list(methods),
            "threshold_minor": demand.over_minor,
            "threshold_currency": demand.currency,
        },
    )
