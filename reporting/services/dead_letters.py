"""Replaying and discarding dead letters: acts of the platform's staff.

The machinery is the events room's, which knows neither people nor what they may do; this is the
lowest room above both.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from accounts.models import PendingAct
from accounts.policy import require
from accounts.services.networks import from_known_network
from accounts.services.pending_acts import Agreed, PendingKind, Result, make_pending
from accounts.services.pending_acts.registry import Facts
from accounts.services.runtime import fresh_value
from accounts.system import STAFF_DUAL_CONTROL
from audit.services import Act, record_many
from events.consuming.replaying import MOST_AT_ONCE, Replayed, discard, replay
from events.models import FailedDelivery
from events.queries import Selection, dead_letters
from kernel.actor import Actor, ActorKind
from kernel.transactions import needs_transaction, opens_transaction
from reporting.errors import NoDeadLetters, ReasonMissing

REPLAY = "events.replay"
MOST_CHARACTERS = 500


@from_known_network(REPLAY)
@opens_transaction
def replay_dead_letters(
    *, actor: Actor, selection: Selection, now: dt.datetime
) -> Sequence[Replayed] | PendingAct:
    """Give the oldest `MOST_AT_ONCE` of the chosen dead letters to their consumers again.

    Each in a savepoint: one that fails again stays a dead letter, with its new error. Records
    `events.dead_letter.replay` for each. Where staff's acts take a second person the answer is the
    pending act, over just these letters, and nothing else has happened.

    :raises PermissionDenied: unless the actor carries `events.replay`.
    :raises NoDeadLetters: if there is none.
    :raises NetworkNotTrusted: if the actor is on a network that is new to them.
    """
    require(actor, REPLAY)
    letters = _chosen(selection)
    if _takes_two(actor):
        return _left_waiting(REPLAYS, actor=actor, facts=_facts(letters), now=now)
    return _replay(actor=actor, letters=letters, now=now)


@opens_transaction
def rehearse_replay(*, actor: Actor, selection: Selection, now: dt.datetime) -> Sequence[Replayed]:
    """What `replay_dead_letters` would come to now; everything is undone, nothing is recorded.

    :raises PermissionDenied: unless the actor carries `events.replay`.
    :raises NoDeadLetters: if there is none.
    """
    require(actor, REPLAY, stopping=True)
    return replay(_chosen(selection), rehearse=True, now=now)


@from_known_network(REPLAY)
@opens_transaction
def discard_dead_letters(
    *, actor: Actor, selection: Selection, reason: str, now: dt.datetime
) -> Sequence[Replayed] | PendingAct:
    """Let the oldest `MOST_AT_ONCE` of the chosen dead letters never have an effect.

    It cannot be taken back. Records `events.dead_letter.discard` for each, with the reason. Where
    staff's acts take a second person the answer is the pending act.

    :param reason: for whoever reads the record; no personal data.
    :raises PermissionDenied: unless the actor carries `events.replay`.
    :raises ReasonMissing: without one, or if it is longer than `MOST_CHARACTERS`.
    :raises NoDeadLetters: if there is none.
    :raises NetworkNotTrusted: if the actor is on a network that is new to them.
    """
    require(actor, REPLAY)
    reason = reason.strip()
    if not reason or len(reason) > MOST_CHARACTERS or not reason.isprintable():
        raise ReasonMissing(pointer="/reason")
    letters = _chosen(selection)
    if _takes_two(actor):
        facts = {**_facts(letters), "reason": reason}
        return _left_waiting(DISCARDS, actor=actor, facts=facts, now=now)
    return _discard(actor=actor, letters=letters, reason=reason, now=now)


def _chosen(selection: Selection) -> list[FailedDelivery]:
    letters = list(dead_letters(selection)[:MOST_AT_ONCE])
    if not letters:
        raise NoDeadLetters()
    return letters


def _facts(letters: Sequence[FailedDelivery]) -> Facts:
    """Which they are, and in words what somebody agrees to."""
    return {
        "letters": [str(letter.id) for letter in letters],
        "dead_letters": len(letters),
        "consumers": ", ".join(sorted({letter.consumer for letter in letters})),
        "events": ", ".join(sorted({letter.name for letter in letters})),
    }


def _takes_two(actor: Actor) -> bool:
    return actor.kind is not ActorKind.SYSTEM and bool(fresh_value(STAFF_DUAL_CONTROL))


@needs_transaction
def _left_waiting(kind: PendingKind, *, actor: Actor, facts: Facts, now: dt.datetime) -> PendingAct:
    return make_pending(actor=actor, kind=kind.name, organization_id=None, facts=facts, now=now)


@needs_transaction
def _replay(
    *, actor: Actor, letters: Sequence[FailedDelivery], now: dt.datetime
) -> Sequence[Replayed]:
    replayed = replay(letters, rehearse=False, now=now)
    _record(actor=actor, action="events.dead_letter.replay", replayed=replayed, reason="", now=now)
    return replayed


@needs_transaction
def _discard(
    *, actor: Actor, letters: Sequence[FailedDelivery], reason: str, now: dt.datetime
) -> Sequence[Replayed]:
    discarded = discard(letters, reason=reason, now=now)
    _record(
        actor=actor,
        action="events.dead_letter.discard",
        replayed=discarded,
        reason=reason,
        now=now,
    )
    return discarded


@needs_transaction
def _record(
    *, actor: Actor, action: str, replayed: Sequence[Replayed], reason: str, now: dt.datetime
) -> None:
    """The platform's own records: an organization is told by what the event does."""
    record_many(
        [
            Act(
                actor=actor,
                action=action,
                subject_type="dead_letter",
                subject_id=one.letter.id,
                now=now,
                metadata={
                    "consumer": one.letter.consumer,
                    "event": one.letter.name,
                    "event_id": str(one.letter.event_id),
                    "outcome": one.outcome,
                    **({"reason": reason} if reason else {}),
                },
            )
            for one in replayed
        ]
    )


def _agreed_letters(agreed: Agreed) -> list[FailedDelivery]:
    """Those that are dead letters still; what is settled meanwhile needs nothing."""
    ids = [uuid.UUID(text) for text in agreed.facts["letters"]]
    return list(dead_letters(Selection(ids=ids)))


@needs_transaction
def _execute_replay(agreed: Agreed) -> Result:
    _replay(actor=agreed.maker, letters=_agreed_letters(agreed), now=agreed.now)
    return Result("dead_letters")


@needs_transaction
def _execute_discard(agreed: Agreed) -> Result:
    _discard(
        actor=agreed.maker,
        letters=_agreed_letters(agreed),
        reason=agreed.facts["reason"],
        now=agreed.now,
    )
    return Result("dead_letters")


def _replays(facts: Facts) -> str:
    return f"{facts['dead_letters']} dead letters are given again to {facts['consumers']}"


def _discards(facts: Facts) -> str:
    return f"{facts['dead_letters']} dead letters of {facts['consumers']} never have an effect"


REPLAYS = PendingKind(
    name="events.replays",
    title="Replay of dead letters",
    permission_to_make=REPLAY,
    permission_to_check=REPLAY,
    summarize=_replays,
    execute=_execute_replay,
)
DISCARDS = PendingKind(
    name="events.discards",
    title="Discarding of dead letters",
    permission_to_make=REPLAY,
    permission_to_check=REPLAY,
    summarize=_discards,
    execute=_execute_discard,
)
