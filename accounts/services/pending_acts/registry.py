"""The kinds of act that may wait for a second person, as the rooms above registered them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from accounts.choices import PendingActState
from accounts.errors import ChangedMeanwhile
from accounts.models import PendingAct
from kernel.actor import Actor
from kernel.errors import InvariantBroken, VaultCraftError

Facts = Mapping[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Agreed:
    """What an executor gets: the act, and both people with the roles they have now."""

    act: PendingAct
    maker: Actor
    checker: Actor
    now: dt.datetime

    @property
    def facts(self) -> Facts:
        """What was asked for."""
        facts: Facts = self.act.facts
        return facts

    def require_before(self, found: object) -> None:
        """Go on only if what the act replaces is still what its maker saw.

        :param found: what stands now, read under the lock that changes of it take.
        :raises ChangedMeanwhile: if it is anything else: who agrees has read of another change.
        """
        if "before" not in self.facts or self.facts["before"] != found:
            raise ChangedMeanwhile()


@dataclasses.dataclass(frozen=True, slots=True)
class Result:
    """What came of it.

    :param refused: why it could not be done, where a row says so that must stand.
    """

    subject_type: str
    subject_id: uuid.UUID | None = None
    refused: VaultCraftError | None = None


def _anybody(_: Agreed) -> None:
    """No rule beyond the permissions."""


def _nobody_waits(_: PendingAct) -> None:
    """No lock that comes before those of people."""


@dataclasses.dataclass(frozen=True, slots=True)
class PendingKind:
    """One kind of act.

    :param title: a few words for lists.
    :param summarize: one sentence of the facts, without a query.
    :param execute: a step that does it as the maker; what it raises undoes what it wrote.
    :param allow: raises `PermissionDenied` where the permission alone does not let the checker.
    :param take_turns: a step that takes the locks whoever changes people or policies takes before
        those of people; deciding takes them in the same order, so that neither deadlocks.
    """

    name: str
    title: str
    permission_to_make: str
    permission_to_check: str
    summarize: Callable[[Facts], str]
    execute: Callable[[Agreed], Result]
    allow: Callable[[Agreed], None] = _anybody
    take_turns: Callable[[PendingAct], None] = _nobody_waits


_KINDS: dict[str, PendingKind] = {}


def register(kind: PendingKind) -> None:
    """Make a kind known; the rooms do it in their apps' `ready()`.

    :raises InvariantBroken: if another kind has the name.
    """
    if _KINDS.setdefault(kind.name, kind) is not kind:
        raise InvariantBroken(f"two kinds of pending act are called {kind.name!r}")


def kind_of(name: str) -> PendingKind:
    """The kind of this name.

    :raises InvariantBroken: if no room registered it.
    """
    try:
        return _KINDS[name]
    except KeyError:
        raise InvariantBroken(f"no kind of pending act is called {name!r}") from None


def summary_of(act: PendingAct) -> str:
    """One sentence for the checker."""
    return kind_of(act.kind).summarize(act.facts)


def state_of(act: PendingAct, *, now: dt.datetime) -> PendingActState:
    """The state for whoever looks now: time ends an act, not the task that tidies it away."""
    overdue = act.state == PendingActState.PENDING and act.expires_at <= now
    return PendingActState.EXPIRED if overdue else PendingActState(act.state)
