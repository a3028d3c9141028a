"""The one table of rate limits. `docs/api.md` publishes it; variables of the environment change it.

A rate is `quota` units within `seconds`: so many at once, and so many again, evenly, within each
such time (GCRA, the leaky bucket as a meter). A unit is a request, in a batch an item.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping

MICROSECONDS = 1_000_000
MAX_QUOTA = 1_000_000
MAX_SECONDS = 86_400
STRICT_SHARE = 4


class RouteClass(enum.StrEnum):
    """What kind of thing is asked for."""

    SIGN_IN = "sign-in"
    REGISTRATION = "registration"
    TOKENS = "tokens"
    REFUSED_CREDENTIALS = "refused-credentials"
    PROOFS = "proofs"
    READS = "reads"
    EXPORTS = "exports"
    CHANGES = "changes"
    LOOK_UPS = "look-ups"
    REVEALS = "reveals"
    UPLOADS = "uploads"
    MONEY = "money"
    BATCHES = "batches"


@dataclasses.dataclass(frozen=True, slots=True)
class Rate:
    """A limit.

    :param quota: units that may be used at once, 1 to 1,000,000.
    :param seconds: within how many seconds a used quota is whole again, 1 to 86,400.
    """

    quota: int
    seconds: int

    def __post_init__(self) -> None:
        if not (1 <= self.quota <= MAX_QUOTA and 1 <= self.seconds <= MAX_SECONDS):
            raise ValueError(f"a rate is 1 to {MAX_QUOTA} within 1 to {MAX_SECONDS} seconds")

    @property
    def interval_us(self) -> int:
        """Microseconds for one unit to come back, rounded up: never more than promised."""
        return -(-self.seconds * MICROSECONDS // self.quota)

    def share(self, *, processes: int) -> Rate:
        """What one of so many processes allows by itself where it has to be strict.

        A quarter, and less where there are more than four: together never more than the quota.
        Below one request there is nothing, so a quota smaller than the processes is one for each.
        """
        parts = max(STRICT_SHARE, processes)
        return Rate(quota=max(1, self.quota // parts), seconds=self.seconds)

    def __str__(self) -> str:
        return f"{self.quota}/{self.seconds}"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ClassRates:
    """The limits of one class of routes.

    :param principal: for each person or API key; None where nobody is known yet.
    :param address: for all that come from one client address (IPv6: one /64 network).
    :param strict: without Redis each process counts by itself. It then allows a share of the
        quota (`Rate.share`) where guessing or gathering is what we guard against, and all of it
        elsewhere.
    """

    principal: Rate | None = None
    address: Rate
    strict: bool = False


Table = Mapping[RouteClass, ClassRates]

DEFAULTS: Table = {
    RouteClass.SIGN_IN: ClassRates(address=Rate(120, 60), strict=True),
    RouteClass.REGISTRATION: ClassRates(address=Rate(100, 3_600), strict=True),
    RouteClass.TOKENS: ClassRates(address=Rate(300, 60), strict=True),
    RouteClass.REFUSED_CREDENTIALS: ClassRates(address=Rate(120, 60), strict=True),
    RouteClass.PROOFS: ClassRates(principal=Rate(60, 60), address=Rate(600, 60), strict=True),
    RouteClass.READS: ClassRates(principal=Rate(6_000, 60), address=Rate(30_000, 60)),
    RouteClass.EXPORTS: ClassRates(principal=Rate(600, 60), address=Rate(3_000, 60)),
    RouteClass.CHANGES: ClassRates(principal=Rate(600, 60), address=Rate(3_000, 60)),
    RouteClass.LOOK_UPS: ClassRates(principal=Rate(600, 60), address=Rate(3_000, 60)),
    RouteClass.REVEALS: ClassRates(
        principal=Rate(120, 3_600), address=Rate(1_200, 3_600), strict=True
    ),
    RouteClass.UPLOADS: ClassRates(principal=Rate(60, 3_600), address=Rate(600, 3_600)),
    RouteClass.MONEY: ClassRates(principal=Rate(30_000, 60), address=Rate(60_000, 60)),
    RouteClass.BATCHES: ClassRates(principal=Rate(60_000, 60), address=Rate(300_000, 60)),
}


def variable(route: RouteClass, *, of_address: bool) -> str:
    """The variable of the environment that changes a limit; it holds `quota/seconds`."""
    name = route.upper().replace("-", "_")
    return f"VAULTCRAFT_RATE_{name}{'_ADDRESS' if of_address else ''}"
