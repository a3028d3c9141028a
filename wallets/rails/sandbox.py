"""A rail for trying things out: the last characters of the account number say what it will do.

| Number ends in | What becomes of it |
| --- | --- |
| `000` | declined at once |
| `111` | accepted, declined after `DELAY` |
| `222` | accepted, paid after `DELAY` |
| `333` | the first two submissions are lost on the way, the next is paid |
| `444` | paid, but the answer to the first submission is lost |
| `555` | accepted, then an error instead of an answer, then paid after `DELAY` |
| `666` | accepted and never decided: it can be called back |
| `777` | accepted and never decided; called back, it turns out to be paid |
| `888` | accepted and never decided; nobody answers who calls it back |
| `999` | it is down |
| anything else | paid at once |

Its own books are in the cache, where every process finds them.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.cache import cache

from kernel import clock
from wallets.rails import Payment, RailAnswer, RailState, RailUnavailable

DELAY = dt.timedelta(seconds=2)
KEPT_SECONDS = 7 * 24 * 3600
_LOST_SUBMISSIONS = 2
_DELAYED = {"111": RailState.DECLINED, "222": RailState.PAID, "555": RailState.PAID}
_UNDECIDED = ("666", "777", "888")


class SandboxRail:
    """Deterministic, and never asked in production: the settings refuse it there."""

    name = "sandbox"

    def submit(self, payment: Payment, *, timeout_seconds: float) -> RailAnswer:
        """As the table above says.

        :raises RailUnavailable: where the table says so.
        """
        ending = payment.account_number[-3:]
        times = self._count(f"{payment.key}:submitted")
        if ending == "999" or (ending == "333" and times <= _LOST_SUBMISSIONS):
            raise RailUnavailable
        order = {"ending": ending, "at": clock.now().isoformat(), "minor": payment.amount_minor}
        cache.add(_place(payment.key), order, KEPT_SECONDS)
        if ending in ("444", "555") and times == 1:
            raise RailUnavailable
        return self.status(payment.key, timeout_seconds=timeout_seconds)

    def status(self, key: str, *, timeout_seconds: float) -> RailAnswer:
        """Where it stands at this moment."""
        order = self._order(key)
        state = RailState.UNKNOWN if order is None else self._state(key, order)
        return RailAnswer(state, f"sandbox-{key}" if order else "")

    def cancel(self, key: str, *, timeout_seconds: float) -> RailAnswer:
        """Call it back, also before it arrives.

        :raises RailUnavailable: where the table says so.
        """
        # Who comes first decides: a payment that arrives after this finds its place taken.
        tombstone = {"ending": "cancelled", "at": clock.now().isoformat(), "minor": 0}
        cache.add(_place(key), tombstone, KEPT_SECONDS)
        order = self._order(key)
        assert order is not None  # added above
        if order["ending"] == "888":
            raise RailUnavailable
        if self._state(key, order) is RailState.ACCEPTED:
            said = RailState.PAID if order["ending"] == "777" else RailState.CANCELLED
            cache.add(f"{_place(key)}:ended", said.value, KEPT_SECONDS)
        return self.status(key, timeout_seconds=timeout_seconds)

    def paid_minor(self, key: str) -> int:
        """What its own books say was paid under the key, in minor units."""
        order = self._order(key)
        paid = order is not None and self._state(key, order) is RailState.PAID
        return int(order["minor"]) if order and paid else 0

    def _order(self, key: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = cache.get(_place(key))
        return found

    def _state(self, key: str, order: dict[str, Any]) -> RailState:
        ending, ended = order["ending"], cache.get(f"{_place(key)}:ended")
        if ended is not None:
            return RailState(ended)
        if ending in ("000", "cancelled"):
            return RailState.DECLINED if ending == "000" else RailState.CANCELLED
        if ending in _UNDECIDED:
            return RailState.ACCEPTED
        if ending in _DELAYED:
            over = clock.now() - dt.datetime.fromisoformat(order["at"]) >= DELAY
            return _DELAYED[ending] if over else RailState.ACCEPTED
        return RailState.PAID

    def _count(self, name: str) -> int:
        cache.add(_place(name), 0, KEPT_SECONDS)
        return int(cache.incr(_place(name)))


def _place(key: str) -> str:
    return f"sandbox-rail:{key}"
