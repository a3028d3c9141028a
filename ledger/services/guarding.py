"""The place where other rooms judge beside the books, under the same locks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ledger.errors import PostingRefused
from ledger.services.movements import Movement


class Guard(Protocol):
    """A rule of another room that every movement of a batch must pass.

    Posting calls `ask` once, after its own locks were asked for, and `learn` when it has them; then
    for each movement in order `refusal` and, if nobody refuses, `accept`, so that each is judged
    after its predecessors; at last `write`, unless the whole batch is withheld.
    """

    def ask(self, movements: Sequence[Movement], *, locking: bool) -> None:
        """Send the question to the database, under locks if `locking`; wait for nothing."""

    def learn(self) -> None:
        """Read the answer."""

    def refusal(self, movement: Movement) -> PostingRefused | None:
        """Why the movement may not stand, or None."""

    def accept(self, movement: Movement) -> None:
        """Count a movement that stands."""

    def write(self) -> None:
        """Keep what was counted."""
