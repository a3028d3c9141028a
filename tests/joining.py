"""How somebody made up comes into an organization; also for the tests of single rooms."""

from __future__ import annotations

from vaultcraft.seeding.joining import brought_in

__all__ = ["brought_in"]
