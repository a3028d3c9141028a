"""Whose wallets a change concerns. A wallet keeps its account and its holder for good."""

from __future__ import annotations

import dataclasses
import json
import uuid
from collections.abc import Callable, Collection, Mapping

from django.db.models import Q

from kernel.context import Context, reading_as
from kernel.ids import encode
from wallets.models import Wallet
from web.live.changes import Balance, Change

MOST_KNOWN = 50_000


@dataclasses.dataclass(frozen=True, slots=True)
class Held:
    """A wallet and its holder; None: the organization itself."""

    wallet_id: uuid.UUID
    owner_id: uuid.UUID | None


Known = Mapping[uuid.UUID, Held | None]


@dataclasses.dataclass(frozen=True, slots=True)
class Heard:
    """A change, and the wallets of its organization that it concerns."""

    change: Change
    wallets: Mapping[Held, Balance | None]

    def told(self, may_see: Callable[[Held], bool]) -> bytes | None:
        """What a page is told of it, as JSON; None if it concerns no wallet that may be seen."""
        seen = [
            {
                "wallet": encode("wal", held.wallet_id),
                **(dataclasses.asdict(shows) if shows else {}),
            }
            for held, shows in self.wallets.items()
            if may_see(held)
        ]
        if not seen:
            return None
        said = {"name": self.change.name, "occurred_at": self.change.occurred_at, "wallets": seen}
        return json.dumps(said, separators=(",", ":")).encode()


class Directory:
    """Remembers whose wallets are whose; when that is too much it begins anew."""

    def __init__(self) -> None:
        self._known: dict[uuid.UUID, Held | None] = {}

    def known(self, ids: Collection[uuid.UUID]) -> Known:
        """What it knows of these."""
        return {one: self._known[one] for one in ids if one in self._known}

    def learn(self, found: Known) -> None:
        """Remember what was looked up, also that something is no wallet."""
        if len(self._known) + len(found) > MOST_KNOWN:
            self._known.clear()
        self._known.update(found)


def heard_of(change: Change, known: Known) -> Heard:
    """The change with the wallets it concerns; accounts of the books that are none fall out."""
    by_account = {known[one]: shows for one, shows in change.accounts.items()}
    by_name = dict.fromkeys(known[one] for one in change.wallets)
    wallets = {held: shows for held, shows in (by_name | by_account).items() if held}
    return Heard(change, wallets)


def looked_up(*, organization_id: uuid.UUID, ids: Collection[uuid.UUID]) -> Known:
    """For each id of an account or a wallet of this organization its wallet, or None. One query.

    Row security shows this organization's alone, whatever an event says.
    """
    with reading_as(Context(organizations=(organization_id,))):
        rows = list(
            Wallet.objects.filter(organization_id=organization_id)
            .filter(Q(account_id__in=ids) | Q(id__in=ids))
            .order_by()
            .values_list("id", "account_id", "owner_id")
        )
    held = {one: Held(row[0], row[2]) for row in rows for one in row[:2]}
    return {one: held.get(one) for one in ids}
