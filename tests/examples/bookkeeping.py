"""The books as an accountant would copy them out: journal lines and T-account balances as text."""

from __future__ import annotations

import dataclasses
import textwrap

from accounts.models import Organization
from kernel.context import reading
from ledger.models import Entry, LedgerAccount
from ledger.queries import accounts, transactions
from tests.world import World
from wallets.models import Wallet


@dataclasses.dataclass
class Bookkeeper:
    """Reads one world's books from the moment it is made."""

    world: World

    def __post_init__(self) -> None:
        with reading(self.world.actor(self.world.olga)):
            self._seen = set(transactions().values_list("id", flat=True))

    def journal(self, organization: Organization) -> str:
        """What was written since, oldest first: debits at the margin, credits indented."""
        with reading(self.world.actor(self.world.olga)):
            rows = transactions().filter(organization_id=organization.id)
            fresh = [row for row in reversed(rows) if row.id not in self._seen]
            return "\n\n".join(
                "\n".join([one.kind, *(_line(entry) for entry in one.entries.all())])
                for one in fresh
            )

    def balances(self, organization: Organization) -> str:
        """Every account with a balance, in chart order, on the side where it stands."""
        with reading(self.world.actor(self.world.olga)):
            rows = accounts().filter(organization_id=organization.id).exclude(posted_minor=0)
            charted = sorted(rows, key=lambda one: (one.currency_id, one.code[:4], name_of(one)))
            return "\n".join(
                f"{name_of(one):<29}{_side(one)} {_amount(abs(one.posted_minor)):>12}"
                f" {one.currency_id}"
                for one in charted
            )


def text(block: str) -> str:
    """An indented block of a test as the bookkeeper writes it."""
    return textwrap.dedent(block).strip("\n")


def _line(entry: Entry) -> str:
    amount, name = _amount(entry.amount_minor), name_of(entry.account)
    if entry.side == "DEBIT":
        return f"Dr {name:<29}{amount:>12} {entry.currency_id}"
    return f"   Cr {name:<26}{amount:>12} {entry.currency_id}"


def name_of(account: LedgerAccount) -> str:
    """As people speak of it: the books themselves name no person, but their wallet's handle."""
    held = Wallet.objects.filter(account_id=account.id).select_related("owner").first()
    name = held.owner.full_name if held and held.owner else account.name.split(",")[0]
    return f"wallet {name}" if account.kind == "WALLET" else name.lower()


def _side(account: LedgerAccount) -> str:
    grows = account.account_class in ("ASSET", "EXPENSE")
    return "Dr" if grows == (account.posted_minor > 0) else "Cr"


def _amount(minor: int) -> str:
    return f"{minor // 100:,}.{minor % 100:02}"
