"""Whether whoever agrees is independent of whoever asks.

While one person can bring in another, whoever holds one session of an officer could be two. So
nobody counts as a second person to whom they lately owe their role, who lately owes it to them, or
who lately owes it to the same third person; and so on through those.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import uuid
from collections.abc import Iterable, Mapping

from accounts.errors import CheckerIsOwnInvitee
from accounts.models import PendingAct, User
from kernel.transactions import needs_transaction

LATELY = dt.timedelta(days=7)
_LONGEST_CHAIN = 20


@dataclasses.dataclass(frozen=True, slots=True)
class Chain:
    """A person, whoever lately brought them in, whoever lately brought those in, and so on.

    :param whole: whether its end was reached. Of a longer one nothing is known: it fails closed.
    """

    people: frozenset[uuid.UUID]
    whole: bool

    def is_independent_of(self, other: Chain) -> bool:
        """Whether the two meet nowhere."""
        return self.whole and other.whole and not self.people & other.people


@needs_transaction
def require_independent_checker(
    *, act: PendingAct, checker_id: uuid.UUID, now: dt.datetime
) -> None:
    """Go on only if neither of the two was lately brought in by the other, or both by a third.

    Seven days are long enough for the mails and the record to be read. A database trigger holds it,
    too. A key that the program issued has nobody behind it who could have brought in anybody.

    :raises CheckerIsOwnInvitee: if their chains meet, or one is too long to be followed.
    """
    if act.maker_person_id is None:
        return
    chains = chains_of([checker_id, act.maker_person_id], now=now)
    if not chains[checker_id].is_independent_of(chains[act.maker_person_id]):
        raise CheckerIsOwnInvitee()


@needs_transaction
def chains_of(people: Iterable[uuid.UUID], *, now: dt.datetime) -> dict[uuid.UUID, Chain]:
    """The chain of each of these people. A query for each step of the longest, mostly one."""
    wanted = frozenset(people)
    givers: dict[uuid.UUID, frozenset[uuid.UUID]] = {}
    asked = wanted
    for _ in range(_LONGEST_CHAIN):
        if not asked:
            break
        found = _lately_brought_in_by(asked, now)
        givers |= {person: found.get(person, frozenset()) for person in asked}
        asked = frozenset().union(*found.values()) - givers.keys()
    return {person: _chain(person, givers) for person in wanted}


@needs_transaction
def are_two_among(
    people: Iterable[uuid.UUID], *, asking: uuid.UUID | None, now: dt.datetime
) -> bool:
    """Whether two of these people could agree to acts of each other.

    :param asking: who wants to know: whom they lately brought in counts as no other person; None
        for the program.
    """
    wanted = list(people)
    chains = chains_of([*wanted, *([asking] if asking else [])], now=now)
    count = [
        chains[person]
        for person in wanted
        if asking in (None, person) or chains[person].is_independent_of(chains[asking])
    ]
    return any(one.is_independent_of(other) for one, other in itertools.combinations(count, 2))


def _chain(person: uuid.UUID, givers: Mapping[uuid.UUID, frozenset[uuid.UUID]]) -> Chain:
    reached, new = frozenset[uuid.UUID](), frozenset({person})
    while new:  # each step reaches somebody new
        reached |= new
        new = frozenset().union(*(givers.get(one, frozenset()) for one in new)) - reached
    return Chain(reached, whole=reached <= givers.keys())


@needs_transaction
def _lately_brought_in_by(
    people: frozenset[uuid.UUID], now: dt.datetime
) -> dict[uuid.UUID, frozenset[uuid.UUID]]:
    rows = User.objects.filter(id__in=people).exclude(role_givers={})
    return {
        person: frozenset(
            uuid.UUID(giver)
            for giver, at in givers.items()
            if dt.datetime.fromisoformat(at) > now - LATELY
        )
        for person, givers in rows.values_list("id", "role_givers")
    }
