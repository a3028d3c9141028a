"""Legs that join a movement under the locks: what they depend on is not known before.

Two parts of a refund that end it together both see a rest when they are asked for. Which of them is
the last is decided by the order of the locks, so it is judged here and not where they are made.
"""

from __future__ import annotations

import dataclasses

from ledger.services.movements import Movement, Posting
from ledger.services.undoing import Undoable


def joined(movement: Movement, undoable: Undoable) -> Movement:
    """The movement with all its legs, as its predecessors in the batch leave the books."""
    if not any(posting.closing for posting in movement.postings):
        return movement
    postings = tuple(_closed(posting, undoable) for posting in movement.postings)
    return dataclasses.replace(movement, postings=postings)


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
