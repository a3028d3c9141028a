"""The settings of the whole installation that are safe to change while it runs.

Each is declared here with its type, bounds and default. What is a secret, or would need a restart
to be true everywhere, stays in the environment.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from accounts.errors import InvalidSetting

Value = bool | int


@dataclasses.dataclass(frozen=True, slots=True)
class Declared:
    """One setting.

    :param least: of a number: its bounds, both included.
    :param careful: the value towards which it may be turned alone; away from it takes a second
        person where the staff's acts do.
    """

    name: str
    title: str
    help: str
    default: Value
    least: int = 0
    most: int = 0
    careful: bool | None = None


REGISTRATION_OPEN = "registration.open"
MONEY_READ_ONLY = "money.read_only"
STAFF_DUAL_CONTROL = "dual_control.staff"
PENDING_ACT_HOURS = "dual_control.lifetime_hours"

DECLARED: Mapping[str, Declared] = {
    one.name: one
    for one in (
        Declared(
            REGISTRATION_OPEN,
            "Registration is open",
            "Whether organizations may register themselves.",
            default=True,
            careful=False,
        ),
        Declared(
            MONEY_READ_ONLY,
            "Money is read only",
            "For maintenance: nothing is posted or reserved; everything can be read.",
            default=False,
            careful=True,
        ),
        Declared(
            STAFF_DUAL_CONTROL,
            "Acts of staff take a second person",
            "Cash, what staff give back, limits, caps, fees, journals, roles of staff, settings.",
            default=False,
            careful=True,
        ),
        Declared(
            PENDING_ACT_HOURS,
            "Hours a pending act waits",
            "What nobody decided by then is over. Holds for acts made from then on.",
            default=72,
            least=1,
            most=720,
        ),
    )
}


def checked_value(name: str, value: object) -> Value:
    """The value, if the setting takes it.

    :raises InvalidSetting: if there is no such setting, or it takes no such value.
    """
    declared = DECLARED.get(name)
    if declared is None:
        raise InvalidSetting("There is no such setting.", pointer="/name")
    if isinstance(declared.default, bool):
        if not isinstance(value, bool):
            raise InvalidSetting("Expected true or false.", pointer="/value")
        return value
    number = isinstance(value, int) and not isinstance(value, bool)
    if not number or not declared.least <= value <= declared.most:  # type: ignore[operator]
        raise InvalidSetting(
            f"Expected a whole number from {declared.least} to {declared.most}.", pointer="/value"
        )
    return value  # type: ignore[return-value] # a number, by the line above
