"""What somebody who is made up does with their mail; also for the tests of single rooms."""

from __future__ import annotations

from vaultcraft.seeding.mailbox import confirm_address

__all__ = ["confirm_address"]
