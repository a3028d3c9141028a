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


@dataclasses.dataclass(frozen=True)
class Tenant:
    """One organization.

    :param secret: of an API key that may do all the load asks for.
    """

    id: str
    secret: str
    handles: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class World:
    """All organizations."""

    tenants: tuple[Tenant, ...]

    def home_of(self, handle: str) -> Tenant:
        """The organization of a wallet."""
        return next(tenant for tenant in self.tenants if handle in tenant.handles)


def written(tenants: Iterable[Tenant]) -> str:
    """The world as text."""
    return json.dumps([dataclasses.asdict(tenant) for tenant in tenants])


def read(path: Path) -> World:
    """The world from the file that `founding` has written."""
    rows = json.loads(path.read_text())
    return World(tuple(Tenant(r["id"], r["secret"], tuple(r["handles"])) for r in rows))
