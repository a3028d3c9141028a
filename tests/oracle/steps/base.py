"""What every step does: ask both sides, and lay answers and states beside each other."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import ClassVar, TypeVar

from hypothesis import note
from hypothesis.stateful import RuleBasedStateMachine

from tests.oracle.comparing import Disagreement, compare_everything, compare_pots
from tests.oracle.model import cast as roles
from tests.oracle.model.bank import forecast, settle
from tests.oracle.model.state import World
from tests.oracle.model.words import Answer, Ask, Label, Turned
from tests.oracle.product import Product
from tests.oracle.reading import Reader
from tests.oracle.stage import Stage

T = TypeVar("T")


class Base(RuleBasedStateMachine):
    """One example: a fresh clone of the prepared database, and a fresh copy of the model."""

    stage: ClassVar[Stage]
    opening: ClassVar[World] = roles.world()
    # Whether the product's own checker is asked, too, at the end of each example.
    checker: ClassVar[bool] = True
    # How often each kind of wish was answered how.
    tally: ClassVar[Counter[tuple[str, str]]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self._open = contextlib.ExitStack()
        self._open.enter_context(self.stage.example())
        self.world = self.opening.trial()
        self.product = Product(self.stage.cast)
        self.reader = Reader(self.product)
        self.asked: dict[Label, Ask] = {}
        self._keys = 0
        self.agreeing = True

    def teardown(self) -> None:
        """Everything must agree at the end, and the product's checker be content."""
        with self._open:
            if self.agreeing:
                compare_everything(self.world, self.reader, checker=self.checker)

    @property
    def now(self) -> dt.datetime:
        return self.world.now

    def settle(self, asks: Sequence[Ask], *, together: bool, rehearsed: bool) -> None:
        """One call to move money, after a dry run of the same if wanted."""
        for ask in asks[:10]:
            note(f"{self.now:%m-%d %H:%M} {ask}")
        if rehearsed:
            self.rehearse(asks, together=together)
        expected = answers_of(lambda: settle(self.world, asks, together=together))
        self._count(asks, expected)
        got = answers_of(lambda: self.product.settle(asks, together=together, now=self.now))
        for ask in asks:
            self.asked.setdefault(ask.label, ask)
        self.agree(got, expected)

    def rehearse(self, asks: Sequence[Ask], *, together: bool) -> None:
        """A dry run says what the request would be answered, and leaves nothing."""
        with self.leaving_nothing():
            expected = answers_of(lambda: forecast(self.world, asks, together=together))
            got = answers_of(lambda: self.product.rehearse(asks, together=together, now=self.now))
            self.agree(got, expected)

    @contextlib.contextmanager
    def leaving_nothing(self) -> Iterator[None]:
        """The block writes no row."""
        before = self.reader.rows()
        yield
        if self.reader.rows() != before:
            raise Disagreement("a dry run left something")

    def _count(self, asks: Sequence[Ask], answers: list[Answer] | str) -> None:
        if isinstance(answers, str):
            self.tally["call", answers] += 1
            return
        for ask, answer in zip(asks, answers, strict=True):
            self.tally[ask.kind, "again" if answer.again else answer.code] += 1

    def key(self, old: int | None = None) -> int:
        """A new key, or an old one, counted round."""
        self._keys += 1
        return self._keys if old is None else 1 + old % self._keys

    def agree(self, got: object, expected: object, *, look: bool = True) -> None:
        """The answers are the same, and so are all accounts."""
        self.agreeing = got == expected
        if not self.agreeing:
            raise Disagreement(f"the product: {got}\nthe oracle:  {expected}")
        if look:
            self.agreeing = False
            compare_pots(self.world, self.reader)
            self.agreeing = True


def answers_of(call: Callable[[], list[T]]) -> list[T] | str:
    """The answers, or the code by which the whole call was turned away."""
    try:
        return call()
    except Turned as turned:
        return turned.code


def nth(found: Mapping[Label, T], which: int) -> T:
    """One of them, the latest first."""
    return list(found.values())[-1 - which % len(found)]
