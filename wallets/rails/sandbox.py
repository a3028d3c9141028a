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

Its own books are in the cache, where every process finds them: as numbers, for it holds no others.
"""

from __future__ import annotations

import datetime as dt

from django.core.cache import cache

from kernel import clock
from wallets.rails import Payment, RailAnswer, RailState, RailUnavailable

DELAY = dt.timedelta(seconds=2)
KEPT_SECONDS = 7 * 24 * 3600
_LOST_SUBMISSIONS = 2
_CALLED_BACK, _ORDINARY = -1, 1_000
_DECLINED, _LATER_DECLINED, _LATER_PAID = 0, 111, 222
_LOST, _UNANSWERED, _FAILED = 333, 444, 555
_UNDECIDED, _PAID_AFTER_ALL, _DEAF, _DOWN = 666, 777, 888, 999
_DELAYED = {
    _LATER_DECLINED: RailState.DECLINED,
    _LATER_PAID: RailState.PAID,
    _FAILED: RailState.PAID,
}


class SandboxRail:
    """Deterministic, and never asked in production: the settings refuse it there."""

    name = "sandbox"

    def submit(self, payment: Payment, *, timeout_seconds: float) -> RailAnswer:
        """As the table above says.

        :raises RailUnavailable: where the table says so.
        """
        ending, times = _ending(payment.account_number), self._times(payment.key)
        if ending == _DOWN or (ending == _LOST and times <= _LOST_SUBMISSIONS):
            raise RailUnavailable
        self._accept(payment.key, ending, payment.amount_minor)
        if ending in (_UNANSWERED, _FAILED) and times == 1:
            raise RailUnavailable
        return self.status(payment.key, timeout_seconds=timeout_seconds)

    def status(self, key: str, *, timeout_seconds: float) -> RailAnswer:
        """Where it stands at this moment."""
        state = self._state(key)
        return RailAnswer(state, "" if state is RailState.UNKNOWN else f"sandbox-{key}")

    def cancel(self, key: str, *, timeout_seconds: float) -> RailAnswer:
        """Call it back, also before it arrives.

        :raises RailUnavailable: where the table says so.
        """
        # Who comes first decides: a payment that arrives after this finds its place taken.
        self._accept(key, _CALLED_BACK, 0)
        ending = self._read(key, "ending")
        if ending == _DEAF:
            raise RailUnavailable
        if self._state(key) is RailState.ACCEPTED:
            _note(key, "paid_after_all" if ending == _PAID_AFTER_ALL else "called_back", 1)
        return self.status(key, timeout_seconds=timeout_seconds)

    def paid_minor(self, key: str) -> int:
        """What its own books say was paid under the key, in minor units."""
        return int(self._read(key, "minor") or 0) if self._state(key) is RailState.PAID else 0

    def _accept(self, key: str, ending: int, amount_minor: int) -> None:
        _note(key, "at", clock.now().timestamp())
        if _note(key, "ending", ending):
            _note(key, "minor", amount_minor)

    def _read(self, key: str, what: str) -> float | None:
        found: float | None = cache.get(_place(key, what))
        return found

    def _state(self, key: str) -> RailState:
        ending = self._read(key, "ending")
        if ending is None:
            return RailState.UNKNOWN
        if self._read(key, "paid_after_all"):
            return RailState.PAID
        if ending == _CALLED_BACK or self._read(key, "called_back"):
            return RailState.CANCELLED
        return self._decided(key, int(ending))

    def _decided(self, key: str, ending: int) -> RailState:
        if ending == _DECLINED:
            return RailState.DECLINED
        if ending in (_UNDECIDED, _PAID_AFTER_ALL, _DEAF):
            return RailState.ACCEPTED
        if ending in _DELAYED:
            waited = clock.now().timestamp() - (self._read(key, "at") or 0)
            return _DELAYED[ending] if waited >= DELAY.total_seconds() else RailState.ACCEPTED
        return RailState.PAID

    def _times(self, key: str) -> int:
        """How often it was submitted, this time included, as far as that matters."""
        for number in range(1, _LOST_SUBMISSIONS + 1):
            if _note(key, f"submitted-{number}", 1):
                return number
        return _LOST_SUBMISSIONS + 1


def _ending(number: str) -> int:
    """The last three characters as a number; what is none is ordinary."""
    return int(number[-3:]) if number[-3:].isdigit() else _ORDINARY


def _note(key: str, what: str, value: float) -> bool:
    """Keep it unless there is something; whether it was kept."""
    return bool(cache.add(_place(key, what), value, KEPT_SECONDS))


def _place(key: str, what: str) -> str:
    return f"sandbox-rail:{key}:{what}"
