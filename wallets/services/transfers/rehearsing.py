"""What would become of a transfer: the same rules in the same order, and nothing is written."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Mapping, Sequence

from kernel.context import Context, reading_as
from kernel.errors import VaultCraftError
from ledger.errors import BatchTooLarge
from ledger.policy import MAX_BATCH
from ledger.services.accounts import cash_accounts, unopened_cash_account
from ledger.services.locking import Standing
from ledger.services.movements import Balance, Movement, Posted, Refused
from ledger.services.posting import rehearse
from wallets.choices import TransferState
from wallets.errors import BatchWithheld, ExternalReferenceUsed, ReferenceReused
from wallets.models import Transfer
from wallets.services.transfers.approving import Question, approved, questions
from wallets.services.transfers.carrying import movements_of, translated
from wallets.services.transfers.checking import DualControlGuard, counted
from wallets.services.transfers.execution import Prepared, prepare, shape_all
from wallets.services.transfers.limits import (
    Spending,
    SpendingGuard,
    Usage,
    spendings,
)
from wallets.services.transfers.planning import AT_BANK, Draft
from wallets.services.transfers.replaying import replayed
from wallets.services.transfers.requests import TransferRequest
from wallets.services.transfers.shaping import CashAccounts
from wallets.services.transfers.staff_checking import StaffGuard, by_staff_alone


@dataclasses.dataclass(frozen=True, slots=True)
class Rehearsal:
    """What would become of one request if it were made now.

    :param error: why it would be refused; None: it would be carried out.
    :param fee_minor: what the source would pay on top, in minor units; of a reversal, what the
        destination would get back of it.
    :param charged_by: whose fee that is.
    :param source: what the source wallet would show after it; None where it would not change.
    :param destination: the same of the destination wallet.
    :param usage: what would be counted in the windows of its limits; None where none count it.
    :param question: what its person would have to approve, where a person could be asked.
    """

    error: VaultCraftError | None
    fee_minor: int = 0
    charged_by: uuid.UUID | None = None
    source: Balance | None = None
    destination: Balance | None = None
    usage: Usage | None = None
    question: Question | None = None


class _Watched(SpendingGuard):
    """The same guard; it remembers what each movement would leave in the windows."""

    def __init__(self, spendings: Mapping[bytes, Spending]) -> None:
        super().__init__(spendings)
        self.left: dict[bytes, Usage] = {}

    def accept(self, movement: Movement) -> None:
        """Count it, and take a copy of the count."""
        super().accept(movement)
        usage = self.usage_of(movement)
        if usage is not None:
            self.left[movement.reference] = dataclasses.replace(usage)


def rehearse_transfers(
    items: Sequence[TransferRequest], *, all_or_nothing: bool = False
) -> list[Rehearsal]:
    """Say, in order, what `execute_transfers` would say of these items now.

    Reads one moment after another without a lock, writes no row and holds nothing afterwards; the
    answer may be out of date when it arrives. A reference that stands already answers with what
    happened then. An approval that is presented is looked at and not spent; one that is missing is
    told (`question.demand`) and refuses nothing.

    :raises BatchTooLarge: for more than `MAX_BATCH` items.
    :raises ExternalReferenceUsed: if a cash movement repeats a bank's reference.
    """
    if not items:
        return []
    if len(items) > MAX_BATCH:
        raise BatchTooLarge(facts={"maximum": MAX_BATCH, "items": len(items)})
    with reading_as(Context()):
        prepared = prepare(items, all_or_nothing=all_or_nothing)
        fresh = _rehearsed(prepared, all_or_nothing)
    errors = {reference: Rehearsal(one.error) for reference, one in prepared.errors.items()}
    return _in_order(items, prepared, errors | fresh)


def _in_order(
    items: Sequence[TransferRequest], prepared: Prepared, fresh: Mapping[bytes, Rehearsal]
) -> list[Rehearsal]:
    first: dict[bytes, TransferRequest] = {}
    told = []
    for item in items:
        stored = prepared.known.get(item.reference)
        other = first.setdefault(item.reference, item).fingerprint != item.fingerprint
        if stored is not None:
            told.append(Rehearsal(replayed(item, stored).error))
        elif other and item.reference not in prepared.errors:
            told.append(Rehearsal(ReferenceReused()))
        else:
            told.append(fresh[item.reference])
    return told


def _rehearsed(prepared: Prepared, all_or_nothing: bool) -> dict[bytes, Rehearsal]:
    drafts = prepared.drafts
    if not drafts:
        return {}
    cash, unopened = _cash(drafts)
    every = shape_all(drafts, prepared.terms, cash=cash)
    shaped, refused = approved(every, spend=False)
    going = movements_of(shaped, all_or_nothing=all_or_nothing)
    watched = _Watched(spendings(shaped, prepared.terms))
    passing = counted(shaped, prepared.terms)
    of_staff = by_staff_alone(shaped, prepared.terms)
    judging = [DualControlGuard(passing)] if passing else []
    results = iter(
        rehearse(
            going,
            now=max(draft.request.now for draft in drafts),
            guards=[watched, *judging, StaffGuard(of_staff)],
            all_or_nothing=all_or_nothing,
            unopened=unopened,
        )
    )
    withheld = all_or_nothing and not going
    answers = {
        draft.request.reference: _answer(
            draft, None if draft.refusal or withheld else next(results), watched.left
        )
        for draft in shaped
    }
    answers |= {reference: Rehearsal(error) for reference, error in refused.items()}
    _require_new_external_references(
        [draft for draft in drafts if answers[draft.request.reference].error is None]
    )
    return _with_questions(answers, every)


def _with_questions(
    answers: dict[bytes, Rehearsal], drafts: Sequence[Draft]
) -> dict[bytes, Rehearsal]:
    asked = {
        draft.request.reference: question
        for question in questions(drafts)
        for draft in question.drafts
    }
    return {
        reference: dataclasses.replace(answer, question=asked.get(reference))
        for reference, answer in answers.items()
    }


def _require_new_external_references(accepted: Sequence[Draft]) -> None:
    """As the constraint on completed transfers will."""
    named = [
        (draft.organization_id, str(draft.request.kind), draft.request.external_reference)
        for draft in accepted
        if draft.request.external_reference is not None
    ]
    if not named:
        return
    standing = Transfer.objects.filter(
        organization_id__in={organization_id for organization_id, _, _ in named},
        external_reference__in={reference for _, _, reference in named},
        state=TransferState.COMPLETED,
    ).values_list("organization_id", "kind", "external_reference")
    if len(set(named)) < len(named) or set(named) & set(standing):
        raise ExternalReferenceUsed(pointer="/external_reference")


def _answer(
    draft: Draft, result: Posted | Refused | None, usages: Mapping[bytes, Usage]
) -> Rehearsal:
    fee_minor, charged_by = draft.fee_minor, _charging(draft)
    if isinstance(result, Refused):
        return Rehearsal(translated(draft, result), fee_minor, charged_by)
    if result is None or not result.balances:
        return Rehearsal(draft.refusal or BatchWithheld(), fee_minor, charged_by)
    source, destination = draft.source, draft.destination
    return Rehearsal(
        None,
        fee_minor + result.joined_minor,
        charged_by,
        result.balances[source.account_id] if source else None,
        result.balances[destination.account_id] if destination else None,
        usages.get(draft.request.reference),
    )


def _charging(draft: Draft) -> uuid.UUID:
    """The payer's organization; what a reversal gives back comes from where it returns to."""
    back = draft.request.reversal is not None
    return (draft.counterparty_id if back else None) or draft.organization_id


def _cash(drafts: Sequence[Draft]) -> tuple[CashAccounts, list[Standing]]:
    """The cash accounts that are wanted; also those that execution would open first."""
    wanted = {
        (draft.organization_id, draft.request.currency)
        for draft in drafts
        if draft.request.kind in AT_BANK
    }
    opened = cash_accounts(wanted)
    unopened = {
        (organization_id, currency): unopened_cash_account(
            organization_id=organization_id, currency=currency
        )
        for organization_id, currency in wanted - opened.keys()
    }
    ids = {key: account.id for key, account in unopened.items()}
    return opened | ids, list(unopened.values())
