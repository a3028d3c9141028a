"""Legs that join a movement under the locks: what they depend on is not known before.

Two parts of a refund that end it together both see a rest when they are asked for, and two captures
of one hold both see what was captured before them. Which comes last is decided by the order of the
locks, so the fee's part in it is judged here and not where they are made.
"""

from __future__ import annotations

import dataclasses

from ledger.choices import Side
from ledger.errors import PostingRefused
from ledger.services.movements import Capture, Leg, Movement, Posting
from ledger.services.reserving import Holds
from ledger.services.undoing import Undoable


def joined(movement: Movement, *, holds: Holds, undoable: Undoable) -> Movement:
    """The movement with all its legs, as its predecessors in the batch leave the books."""
    shares = _shares(movement.capture, holds)
    if not shares and not any(posting.closing for posting in movement.postings):
        return movement
    postings = (_closed(posting, undoable) for posting in movement.postings)
    return dataclasses.replace(
        movement, postings=tuple(_charged(posting, shares) for posting in postings)
    )


def _shares(capture: Capture | None, holds: Holds) -> tuple[Leg, ...]:
    """The fee's share of a capture: from the hold's account to the income account."""
    hold = holds.wanted(capture) if capture else None
    if capture is None or hold is None or isinstance(hold, PostingRefused):
        return ()
    fee_minor = hold.fee_of(capture.amount_minor)
    if hold.fee_account_id is None or not fee_minor:
        return ()
    return (
        Leg(hold.account_id, Side.DEBIT, fee_minor),
        Leg(hold.fee_account_id, Side.CREDIT, fee_minor),
    )


def _charged(posting: Posting, shares: tuple[Leg, ...]) -> Posting:
    """Of a capture across organizations, the paying side alone pays the fee."""
    if not shares or all(leg.account_id != shares[0].account_id for leg in posting.legs):
        return posting
    return dataclasses.replace(posting, legs=posting.legs + shares)


def _closed(posting: Posting, undoable: Undoable) -> Posting:
    """A reversal of the last of what its legs name also undoes what else is left."""
    left = undoable.left_minor
    if any(left.get(leg.reverses or 0) != leg.amount_minor for leg in posting.legs):
        return posting
    closing = (
        dataclasses.replace(leg, amount_minor=left.get(leg.reverses or 0, 0))
        for leg in posting.closing
    )
    return dataclasses.replace(
        posting, legs=posting.legs + tuple(leg for leg in closing if leg.amount_minor), closing=()
    )
