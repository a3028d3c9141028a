"""The oracle's doors for moving money: calls with one wish or many, for real or as a question."""

from __future__ import annotations

from collections.abc import Sequence

from tests.oracle.model.settling import settle_one
from tests.oracle.model.state import World
from tests.oracle.model.together import settle_together
from tests.oracle.model.words import Answer, Ask, Foretold, Label, Turned

# One call carries no more; a larger one is turned away whole, never cut.
MOST_WISHES = 500


def settle(world: World, asks: Sequence[Ask], *, together: bool = False) -> list[Answer]:
    """Settle the wishes of one call, one after another, each on what the last one left.

    :param together: one refusal keeps every wish out of the books.
    :raises Turned: if the call is turned away; then nothing of it is left.
    """
    if len(asks) > MOST_WISHES:
        raise Turned("batch_too_large")
    trial = world.trial()
    answers = settle_together(trial, asks) if together else _one_by_one(trial, asks)
    world.become(trial)
    return answers


def _one_by_one(world: World, asks: Sequence[Ask]) -> list[Answer]:
    """Within one call a name is read once: what came to nothing comes to nothing again."""
    nothing: dict[Label, Answer] = {}
    answers = []
    for ask in asks:
        answer = nothing.get(ask.label) or settle_one(world, ask)
        if ask.label not in world.deeds:
            nothing[ask.label] = answer
        answers.append(answer)
    return answers


def forecast(world: World, asks: Sequence[Ask], *, together: bool = False) -> list[Foretold]:
    """What `settle` would answer now, and what wallets would show after each; nothing is left.

    :raises Turned: if the call would be turned away.
    """
    answers = settle(world.trial(), asks, together=together)
    trial = world.trial()
    shown: dict[Label, Foretold] = {}
    told = []
    for ask, answer in zip(asks, answers, strict=True):
        if answer.granted and not answer.again:
            settle(trial, [ask])
            payer, payee = _shown(trial, ask.payer), _shown(trial, ask.payee)
            shown[ask.label] = Foretold("", answer.fee, payer, payee)
        seen = shown.get(ask.label) if answer.granted else None
        told.append(seen or Foretold(answer.code))
    return told


def _shown(trial: World, purse: str | None) -> tuple[int, int, int] | None:
    if purse is None:
        return None
    pot = trial.pot_of(purse)
    return pot.amount, trial.held(pot.name), trial.free(pot.name)
