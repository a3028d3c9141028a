"""All or none: one refusal keeps every wish of a call out of the books.

Three rounds; whoever fails in one ends it for everybody, and a later round is not begun for a call
that is lost already. Round one reads the wishes, round two asks whether the books are open to them,
round three tries to write them one after another, on a copy.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Sequence

from tests.oracle.model import asking
from tests.oracle.model.judging import expire, write
from tests.oracle.model.settling import again, keep, move, open_pages, pots_met
from tests.oracle.model.state import World
from tests.oracle.model.words import FAILED, WITHHELD, Answer, Ask, Denied, Label

WITHHELD_CODE = "batch_withheld"


def settle_together(world: World, asks: Sequence[Ask]) -> list[Answer]:
    """What becomes of wishes that stand or fall together."""
    fresh = {ask.label: ask for ask in reversed(asks) if ask.label not in world.deeds}
    new = [ask for ask in asks if fresh.get(ask.label) is ask]
    senseless = _refusals(new, lambda ask: asking.check(world, ask))
    going = [ask for ask in new if ask.label not in senseless]
    refused: dict[Label, str] = {}
    lost = bool(senseless) or _spoiled(world, asks, fresh)
    if not lost:
        refused = _refusals(going, lambda ask: open_pages(world, ask)) or _tried(world, going)
    for ask in going:
        if lost or refused:
            code = refused.get(ask.label)
            keep(world, ask, FAILED if code else WITHHELD, code or WITHHELD_CODE)
        else:
            move(world, ask)
    return [_answer(world, ask, senseless, new) for ask in asks]


def _refusals(asks: Collection[Ask], check: Callable[[Ask], object]) -> dict[Label, str]:
    found = {}
    for ask in asks:
        try:
            check(ask)
        except Denied as denied:
            found[ask.label] = denied.code
    return found


def _spoiled(world: World, asks: Sequence[Ask], fresh: dict[Label, Ask]) -> bool:
    """Whether a name that is known, or comes twice, stands for a refusal or for another wish."""
    for ask in asks:
        first = fresh.get(ask.label)
        if first is None and again(world, ask).code:
            return True
        if first is not None and first.body != ask.body:
            return True
    return False


def _tried(world: World, asks: Collection[Ask]) -> dict[Label, str]:
    """Who fails when each is written after the others; overdue reservations end either way."""
    trial = world.trial()
    for ask in asks:
        expire(world, pots_met(world, ask, open_pages(world, ask)))
    return _refusals(asks, lambda ask: _write(trial, ask))


def _write(trial: World, ask: Ask) -> None:
    pages = open_pages(trial, ask)
    expire(trial, pots_met(trial, ask, pages))
    write(trial, ask, pages)


def _answer(world: World, ask: Ask, senseless: dict[Label, str], new: Collection[Ask]) -> Answer:
    if ask.label in senseless:
        return Answer(senseless[ask.label])
    answer = again(world, ask)
    first = any(ask is one for one in new)
    return dataclasses.replace(answer, again=False) if first else answer
