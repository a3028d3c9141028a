"""Laying the two states beside each other, and saying where they differ."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from tests.oracle.model import picture
from tests.oracle.model.state import World
from tests.oracle.reading import Reader


class Disagreement(AssertionError):
    """The product and the oracle do not say the same."""


def compare_pots(world: World, reader: Reader) -> None:
    """Balances, held amounts, version counts, states, and how far houses trust each other."""
    shown, tops = reader.pots()
    _same("accounts", shown, picture.pots(world))
    _same("clearing caps", tops, picture.tops(world))


def compare_everything(world: World, reader: Reader, *, checker: bool = True) -> None:
    """The whole state; with `checker`, the product's own checker has to find nothing, too."""
    compare_pots(world, reader)
    _same("transfers", reader.deeds(dict(world.deeds)), picture.deeds(world))
    _same("holds", reader.pledges(), picture.pledges(world))
    _same("trial balance", reader.trial_balance(), picture.trial_balance(world))
    for hours in (1, 24 * 3):
        moment = world.now - dt.timedelta(hours=hours)
        ours = picture.trial_balance(world, moment)
        _same(f"trial balance of {moment}", reader.trial_balance(moment), ours)
    _same("closed periods", reader.shut_stretches(), picture.shut_stretches(world))
    _same("usage of limits", reader.usage(), picture.usage(world))
    if checker:
        report = reader.checked()
        if not report.clean:
            raise Disagreement(f"the checker finds {report.findings}")


def _same(what: str, theirs: Mapping, ours: Mapping) -> None:
    differing = [
        f"{name}: the product {theirs.get(name)}, the oracle {ours.get(name)}"
        for name in {**ours, **theirs}
        if theirs.get(name) != ours.get(name)
    ]
    if differing:
        raise Disagreement(f"{what} differ\n" + "\n".join(differing))
