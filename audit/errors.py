"""What can be wrong with evidence."""

from __future__ import annotations

from kernel.errors import InvariantBroken, Kind, VaultCraftError


class ChainBroken(InvariantBroken):
    """The chain is not what it is known to have been: nothing is sealed until somebody looked."""


class HeadsUnreadable(ChainBroken):
    """The last line of the file of heads says nothing that can be compared."""


class HeadsStand(VaultCraftError):
    """The file of heads and the chain agree; there is no reason to begin another file."""

    kind = Kind.CONFLICT
    code = "heads_stand"
    title = "The file of heads agrees with the chain"
