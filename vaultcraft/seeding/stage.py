"""Where the seeding acts: what stands, what time it is, and who is who in this database."""

from __future__ import annotations

import datetime as dt
import uuid

from accounts.actors import user_actor
from accounts.models import User
from accounts.queries import visible_people
from kernel.actor import Actor, Door
from kernel.context import reading
from vaultcraft.seeding.calendar import Calendar
from vaultcraft.seeding.cast import FINANCE_OF, PEOPLE
from vaultcraft.seeding.holdings import WALLETS, WalletPlan
from vaultcraft.seeding.journal import Journal, program, request_id_of
from wallets.models import Wallet
from wallets.queries import visible_wallets


class Stage:
    """The journal and the calendar, and the rows behind the keys that the plans use."""

    def __init__(self, *, now: dt.datetime) -> None:
        self.now = now
        self.calendar = Calendar(now=now)
        self.journal = Journal()
        self._people: dict[str, User] = {}
        self._wallets: dict[str, Wallet] = {}

    def organization_id(self, key: str) -> uuid.UUID:
        """The id of a seeded organization."""
        return self.journal.subject(f"organization:{key}")

    def person(self, key: str) -> User:
        """A seeded person's row, as it is now."""
        if key not in self._people:
            with reading(program("stage")):
                people = visible_people(program("stage"))
                self._people[key] = people.get(email=PEOPLE[key].email)
        return self._people[key]

    def forget(self, key: str) -> None:
        """Read the person's row again next time: something about them has changed."""
        self._people.pop(key, None)

    def wallet(self, key: str) -> Wallet:
        """A seeded wallet's row."""
        if key not in self._wallets:
            with reading(program("stage")):
                wallets = visible_wallets(program("stage"))
                found = wallets.get(id=self.journal.subject(f"wallet:{key}"))
                self._wallets[key] = found
        return self._wallets[key]

    def actor(self, key: str, *, step: str) -> Actor:
        """A seeded person doing one step. The door says honestly that it was a command."""
        request_id = request_id_of(step)
        return user_actor(user=self.person(key), door=Door.COMMAND, request_id=request_id)

    def holder_actor(self, wallet: str, *, step: str) -> Actor:
        """Who acts for a wallet: the person who holds it, or the organization's finance person."""
        plan = WALLETS[wallet]
        return self.actor(plan.holder if _is_personal(plan) else FINANCE_OF[plan.holder], step=step)

    def holder_id(self, wallet: str) -> uuid.UUID | None:
        """The person who holds a wallet; None for the organization's own."""
        plan = WALLETS[wallet]
        return self.person(plan.holder).id if _is_personal(plan) else None


def organization_of(wallet: str) -> str:
    """The key of the organization in whose books a wallet stands."""
    plan = WALLETS[wallet]
    home = PEOPLE[plan.holder].organization if _is_personal(plan) else plan.holder
    assert home is not None  # platform staff hold no wallets
    return home


def _is_personal(plan: WalletPlan) -> bool:
    return plan.holder in PEOPLE
