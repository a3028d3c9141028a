"""Reading settings: from memory where seconds do not matter, from the row where they do.

Without a row the default holds. There is no answer while the database gives none, so whatever asks
is refused then: it fails closed.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping

from django.conf import settings

from accounts.errors import MoneyReadOnly
from accounts.models import SystemSetting
from accounts.system import DECLARED, MONEY_READ_ONLY, Value


@dataclasses.dataclass(frozen=True, slots=True)
class _Remembered:
    values: Mapping[str, Value]
    until: float


_remembered: list[_Remembered] = []


def value_of(name: str) -> Value:
    """What a setting was at most `SYSTEM_SETTINGS_SECONDS` ago; at most one query."""
    known = _remembered[-1] if _remembered else None
    if known is None or known.until < time.monotonic():
        rows = dict(SystemSetting.objects.values_list("name", "value"))
        known = _Remembered(rows, time.monotonic() + settings.SYSTEM_SETTINGS_SECONDS)
        _remembered[:] = [known]
    return known.values.get(name, DECLARED[name].default)


def fresh_value(name: str) -> Value:
    """What a setting is now. One query."""
    found = SystemSetting.objects.filter(name=name).values_list("value", flat=True).first()
    return DECLARED[name].default if found is None else found


def forget() -> None:
    """Read anew at the next question of this process."""
    _remembered.clear()


def require_money_moves() -> None:
    """Go on unless money is read only, as of some seconds ago.

    :raises MoneyReadOnly: while it is.
    """
    if value_of(MONEY_READ_ONLY):
        raise MoneyReadOnly()
