"""Who moves money in the torture chamber: organizations, their keys and wallets."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path

CURRENCY = "INR"
ORGANIZATIONS = 3
# What two organizations may owe each other. The last pair meets its cap now and then.
CAP_MINOR = 1_00_00_00_000_00
NARROW_CAP_MINOR = 2_000_00
# What the first organization charges its people for every payment.
FEE_FIXED_MINOR, FEE_BPS = 1_00, 25


@dataclasses.dataclass(frozen=True)
class Tenant:
    """One organization.

    :param secret: of an API key that may do all the load asks for.
    :param handles: of all wallets.
    :param people: of those that belong to people, who pay fees and have limits.
    :param charges: whether it charges fees.
    """

    id: str
    secret: str
    handles: tuple[str, ...]
    people: tuple[str, ...]
    charges: bool


@dataclasses.dataclass(frozen=True)
class World:
    """All organizations."""

    tenants: tuple[Tenant, ...]

    def home_of(self, handle: str) -> Tenant:
        """The organization of a wallet."""
        return next(tenant for tenant in self.tenants if handle in tenant.handles)

    def fee_minor(self, *, payer: str, amount_minor: int) -> int:
        """What a payment out of a wallet costs: fixed and basis points, rounded half up."""
        home = self.home_of(payer)
        if not home.charges or payer not in home.people:
            return 0
        return FEE_FIXED_MINOR + (amount_minor * FEE_BPS + 5_000) // 10_000


def written(tenants: Iterable[Tenant]) -> str:
    """The world as text."""
    return json.dumps([dataclasses.asdict(tenant) for tenant in tenants])


def read(path: Path) -> World:
    """The world from the file that `founding` has written."""
    rows = json.loads(path.read_text())
    tuples = ({**row, **{n: tuple(row[n]) for n in ("handles", "people")}} for row in rows)
    return World(tuple(Tenant(**row) for row in tuples))
