"""What an event says of accounts and wallets: the part of it that a page may be told."""

from __future__ import annotations

import dataclasses
import json
import uuid
from collections.abc import Mapping
from typing import Any

POSTED = "ledger.transaction.posted"
EXPIRED = "ledger.hold.expired"
_PAYER = ("source_wallet_id",)
_BOTH = ("source_wallet_id", "destination_wallet_id")
_ITSELF = ("wallet_id",)
# The fields that name the wallets an event concerns. A refused transfer is its payer's business.
_WALLETS: Mapping[str, tuple[str, ...]] = {
    "wallets.hold.placed": _BOTH,
    "wallets.hold.voided": _BOTH,
    "wallets.transfer.failed": _PAYER,
    "wallets.transfer.cancelled": _PAYER,
    "wallets.payout.requested": _PAYER,
    "wallets.payout.completed": _PAYER,
    "wallets.payout.failed": _PAYER,
    "wallets.wallet.opened": _ITSELF,
    "wallets.wallet.frozen": _ITSELF,
    "wallets.wallet.unfrozen": _ITSELF,
    "wallets.wallet.suspended": _ITSELF,
    "wallets.wallet.closed": _ITSELF,
}
NAMES = frozenset({POSTED, EXPIRED, *_WALLETS})


@dataclasses.dataclass(frozen=True, slots=True)
class Balance:
    """What one account shows after a transaction, on its normal side.

    :param version: counts the account's entries from 1 without a gap.
    """

    balance_minor: int
    currency: str
    version: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One event of one organization.

    :param accounts: the accounts of the books that it names, with what they show now if it says so.
    :param wallets: the wallets that it names.
    """

    id: uuid.UUID
    name: str
    organization_id: uuid.UUID
    occurred_at: str
    accounts: Mapping[uuid.UUID, Balance | None]
    wallets: frozenset[uuid.UUID]


def change_of(body: bytes) -> Change | None:
    """A message of the stream as a change; None for an event of the platform's own.

    :raises ValueError, KeyError, TypeError: if it is no message of ours.
    """
    told = json.loads(body)
    if told["organization_id"] is None:
        return None
    name, payload = told["name"], told["payload"]
    return Change(
        id=uuid.UUID(told["id"]),
        name=name,
        organization_id=uuid.UUID(told["organization_id"]),
        occurred_at=told["occurred_at"],
        accounts=_accounts(name, payload),
        wallets=frozenset(
            uuid.UUID(payload[field]) for field in _WALLETS.get(name, ()) if payload[field]
        ),
    )


def _accounts(name: str, payload: Mapping[str, Any]) -> Mapping[uuid.UUID, Balance | None]:
    """Of an account that a transaction touches twice, what it shows after the last entry."""
    if name == EXPIRED:
        return {uuid.UUID(payload["account_id"]): None}
    entries = payload["entries"] if name == POSTED else ()
    return {
        uuid.UUID(entry["account_id"]): Balance(
            entry["balance_minor"], entry["currency"], entry["version"]
        )
        for entry in sorted(entries, key=lambda entry: entry["version"])
    }
