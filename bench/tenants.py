"""What writers and clients need to know of the world. Needs no Django, so it crosses processes."""

from __future__ import annotations

import dataclasses
import uuid

from kernel.actor import Actor


@dataclasses.dataclass(frozen=True)
class Tenant:
    """One organization: who acts for it, and its wallets beside the accounts behind them."""

    id: uuid.UUID
    actor: Actor
    secret: str
    handles: tuple[str, ...]
    accounts: tuple[uuid.UUID, ...]


@dataclasses.dataclass(frozen=True)
class World:
    """All organizations; each has the same number of wallets.

    :param database: where it lives; None for the database of the installation.
    """

    tenants: tuple[Tenant, ...]
    database: str | None = None


@dataclasses.dataclass(frozen=True)
class Large:
    """A world of one organization with very many wallets.

    :param long_account: an account with very many entries.
    :param short_account: an account with 1,000 entries.
    """

    world: World
    long_account: uuid.UUID
    short_account: uuid.UUID
