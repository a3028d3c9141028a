"""Laying the two states beside each other, and saying where they differ."""

from __future__ import annotations

from collections.abc import Mapping

from tests.oracle.model import picture
from tests.oracle.model.state import World
from tests.oracle.reading import Reader


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
    for purse in world.purses:
        _same_usage(world, reader, purse)
    if checker:
        report = reader.checked()
        assert report.clean, [finding for one in report.passes for finding in one.findings]


def _same_usage(world: World, reader: Reader, purse: str) -> None:
    ours = picture.usage(world, purse)
    theirs = reader.usage(purse)
    assert theirs == ours, f"usage of {purse}: the product {theirs}, the oracle {ours}"


def _same(what: str, theirs: Mapping, ours: Mapping) -> None:
    differing = [
        f"{name}: the product {theirs.get(name)}, the oracle {ours.get(name)}"
        for name in {**ours, **theirs}
        if theirs.get(name) != ours.get(name)
    ]
    assert not differing, f"{what} differ\n" + "\n".join(differing)
