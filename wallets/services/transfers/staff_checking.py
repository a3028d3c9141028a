"""What staff move by hand takes a second person of the staff, whatever the amount.

Cash and reversals change what people hold on the word of somebody who is not theirs: adjustments by
hand. So no amount is asked: where the staff's acts take a second person, these do; and so does what
leaves wallets of an organization that has a threshold in the currency.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from accounts.services.runtime import fresh_value
from accounts.system import STAFF_DUAL_CONTROL
from kernel.actor import ActorKind
from kernel.transactions import needs_transaction
from ledger.errors import PostingRefused
from ledger.services.movements import Movement
from wallets.errors import DualControlRequired
from wallets.services.transfers.knowing import Terms
from wallets.services.transfers.planning import Draft


def is_of_staff(draft: Draft) -> bool:
    """Whether somebody of the staff asks for it, nobody has agreed, and it may wait."""
    actor = draft.request.actor
    by_staff = actor.kind is ActorKind.USER and actor.is_platform
    return by_staff and draft.request.consent is None


@needs_transaction
def by_staff_alone(drafts: Sequence[Draft], terms: Terms) -> frozenset[bytes]:
    """The references that wait for another of the staff. One query, where staff ask at all."""
    found = [draft for draft in drafts if is_of_staff(draft)]
    if not found:
        return frozenset()
    every = bool(fresh_value(STAFF_DUAL_CONTROL))
    return frozenset(
        draft.request.reference for draft in found if every or _is_watched(draft, terms)
    )


def _is_watched(draft: Draft, terms: Terms) -> bool:
    """Whether the organization that pays has a threshold: staff keep no sums, so any amount."""
    payer = draft.source
    return payer is not None and (payer.organization_id, payer.currency) in terms.thresholds


class StaffGuard:
    """Nothing of the staff goes before the books on one person's word."""

    def __init__(self, waiting: Collection[bytes]) -> None:
        self._waiting = waiting

    def ask(self, movements: Sequence[Movement], *, locking: bool) -> None:
        """Nothing has to be read."""

    def learn(self) -> None:
        """Nothing was asked."""

    def refusal(self, movement: Movement) -> PostingRefused | None:
        """Whether it takes a second person."""
        return DualControlRequired() if movement.reference in self._waiting else None

    def accept(self, movement: Movement) -> None:
        """Nothing is counted."""

    def write(self) -> None:
        """Nothing is kept."""
