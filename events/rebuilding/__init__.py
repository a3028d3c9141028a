"""A projection made anew from the stream, beside the live one: is it the same, and if not, why.

The handlers that keep the live tables write into temporary copies of them, on a connection of the
owner's; a copy of the inbox is among them. So nothing of it outlives the process, whatever happens,
and nobody reads half of it. What the copies are filled with is what the live projection was filled
with, no more: an event that it has not taken yet, or could not, is left out of both.
"""

from __future__ import annotations

from events.rebuilding.comparing import Difference, Digest
from events.rebuilding.making import (
    HistoryIncomplete,
    NoOwner,
    NoProjection,
    Rebuilt,
    RowsUnexplained,
    rebuild,
)

__all__ = [
    "Difference",
    "Digest",
    "HistoryIncomplete",
    "NoOwner",
    "NoProjection",
    "Rebuilt",
    "RowsUnexplained",
    "rebuild",
]
