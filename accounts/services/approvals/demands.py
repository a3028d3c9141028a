"""When a movement needs its person's approval. Rules without a database."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Sequence

from kernel.actor import Actor, ActorKind, Door

NEW_FOR = dt.timedelta(hours=24)
# Where a person is present to be asked. Commands and tasks have nobody to ask and say so: the door
# stands on what they move.
_PEOPLES_DOORS = frozenset({Door.API, Door.WEB, Door.ADMIN})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One movement as the rules see it.

    :param over_minor: the payer's organization's policy, in minor units of `base_currency`; None:
        it asks for no approvals at all.
    :param amount_minor: minor units of `currency`, without the fee.
    :param device_since: since when the device is known; None where the act names no device, or one
        that its person trusts.
    :param network_is_new: the network opened by waiting alone, lately.
    :param now: from the door.
    """

    over_minor: int | None
    base_currency: str
    amount_minor: int
    currency: str
    now: dt.datetime
    device_since: dt.datetime | None = None
    network_is_new: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Demand:
    """Why an approval is needed.

    :param over_minor: the policy, in minor units of `currency`, the organization's base currency.
    """

    reasons: tuple[str, ...]
    over_minor: int
    currency: str


Rule = Callable[[Situation], str | None]


def _large_amount(situation: Situation) -> str | None:
    same = situation.currency == situation.base_currency
    over = situation.amount_minor > (situation.over_minor or 0)
    return "amount" if same and over else None


def _foreign_currency(situation: Situation) -> str | None:
    """Without a rate there is no telling whether it is much: so it is."""
    return "currency" if situation.currency != situation.base_currency else None


def _unknown_device(situation: Situation) -> str | None:
    """For a day. One that was never recognized at all does not get past the sign-in."""
    since = situation.device_since
    return "new_device" if since is not None and situation.now < since + NEW_FOR else None


def _unknown_network(situation: Situation) -> str | None:
    return "new_network" if situation.network_is_new else None


# Each says why it asks for an approval, or nothing. A new rule is a function more in this list.
RULES: Sequence[Rule] = (_large_amount, _foreign_currency, _unknown_device, _unknown_network)


def asks(actor: Actor) -> bool:
    """Whether an actor can be asked: a person of an organization, through a door of people.

    Keys move money by the scopes they were given, visibly; platform staff act on others' money
    under the four eyes of another member of staff, not under their own PIN.
    """
    person = actor.kind is ActorKind.USER and actor.organization_id is not None
    return person and actor.door in _PEOPLES_DOORS


def demand_of(situation: Situation) -> Demand | None:
    """What is asked for, if anything."""
    if situation.over_minor is None:
        return None
    reasons = tuple(reason for rule in RULES if (reason := rule(situation)))
    if not reasons:
        return None
    return Demand(reasons, situation.over_minor, situation.base_currency)
