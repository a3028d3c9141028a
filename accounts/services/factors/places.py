"""From where factors are changed: who has one already changes them where they are known."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from accounts import policy
from accounts.services.factors.holdings import factors_of
from accounts.services.networks.standing import place_of, require_known_network
from kernel.actor import Actor
from kernel.context import reading

MANAGE = "self.manage_factors"

P = ParamSpec("P")
R = TypeVar("R")


def where_they_are_known(use_case: Callable[P, R]) -> Callable[P, R]:
    """Let a change of factors wait on a network that is new to a person who has a strong one.

    Who stole one session could otherwise add a factor of their own and stay. Whoever has none yet
    may add the first anywhere: that is how they become safe. The proof is asked for first, so that
    who has none leaves no record of a place.

    :raises StepUpRequired: from the use case, without a fresh proof.
    :raises NetworkNotTrusted: from the use case, if the network is new to the person.
    """

    @functools.wraps(use_case)
    def judged(*args: P.args, **kwargs: P.kwargs) -> R:
        given: dict[str, Any] = kwargs
        policy.require(given["actor"], MANAGE)
        place = place_of(given["actor"])
        if place is not None and _has_strong(given["actor"], place[0]):
            require_known_network(actor=given["actor"], now=given["now"])
        return use_case(*args, **kwargs)

    return judged


def _has_strong(actor: Actor, user_id: uuid.UUID) -> bool:
    with reading(actor):
        return factors_of(user_id).is_strong
