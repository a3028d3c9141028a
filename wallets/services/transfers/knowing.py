"""What execution reads before it plans: what stands already, and on which terms wallets pay."""

from __future__ import annotations

import contextlib
import dataclasses
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from django.db import connection

from kernel.row_security import VISIBLE
from kernel.rows import array_literal
from wallets.directory import Listed
from wallets.models import Transfer
from wallets.policy import fee_minor
from wallets.services.transfers.requests import TransferRequest

_KNOWN = "SELECT id FROM wallets_transfer WHERE reference = ANY (%s::bytea[])"
_OF_ORGANIZATIONS_IN_VIEW = f"organization_id = ANY ({VISIBLE})"
_FEES = (
    "SELECT organization_id, kind, currency_id, fixed_minor, bps, floor_minor, ceiling_minor,"  # noqa: S608
    f" account_id FROM wallets_feeschedule WHERE {_OF_ORGANIZATIONS_IN_VIEW}"
    " AND currency_id = ANY (%s::text[])"
)
_LIMITS = (
    "SELECT organization_id, wallet_kind, currency_id, tier, day_minor, month_minor"  # noqa: S608
    f" FROM wallets_limitrule WHERE ({_OF_ORGANIZATIONS_IN_VIEW} OR organization_id IS NULL)"
    " AND withdrawn_at IS NULL AND currency_id = ANY (%s::text[])"
    # Thresholds travel with them: an organization without one pays for a look into no page.
    " UNION ALL SELECT organization_id, NULL, currency_id, NULL, threshold_minor, counts_keys::int"
    f" FROM wallets_dualcontrolthreshold WHERE {_OF_ORGANIZATIONS_IN_VIEW}"
    " AND threshold_minor IS NOT NULL AND currency_id = ANY (%s::text[])"
)


@dataclasses.dataclass(frozen=True, slots=True)
class Fees:
    """What an organization charges for one kind of movement in one currency, in minor units."""

    fixed_minor: int
    bps: int
    floor_minor: int
    ceiling_minor: int | None
    account_id: uuid.UUID

    def of(self, amount_minor: int) -> int:
        """The fee for an amount, in minor units."""
        return fee_minor(
            amount_minor=amount_minor,
            fixed_minor=self.fixed_minor,
            bps=self.bps,
            floor_minor=self.floor_minor,
            ceiling_minor=self.ceiling_minor,
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """How much may be paid out, in minor units; None: no limit."""

    day_minor: int | None
    month_minor: int | None


@dataclasses.dataclass(frozen=True, slots=True)
class Threshold:
    """What may leave in 24 hours without a second person, in minor units."""

    threshold_minor: int
    counts_keys: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Terms:
    """The terms of every organization and currency in a batch."""

    fees: Mapping[tuple[uuid.UUID, str, str], Fees] = dataclasses.field(default_factory=dict)
    limits: Mapping[tuple[uuid.UUID | None, str, str, int | None], Limits] = dataclasses.field(
        default_factory=dict
    )
    thresholds: Mapping[tuple[uuid.UUID, str], Threshold] = dataclasses.field(default_factory=dict)

    def fees_of(self, wallet: Listed, kind: str) -> Fees | None:
        """What the wallet's holder pays for such a movement. An organization pays itself none."""
        if wallet.owner_id is None:
            return None
        return self.fees.get((wallet.organization_id, kind, wallet.currency))

    def limits_of(self, wallet: Listed) -> Limits | None:
        """The limits of a person's wallet, whoever they are. An organization's own has none."""
        return None if wallet.owner_id is None else self._rule(wallet, None)

    def tier_limits_of(self, wallet: Listed) -> Limits | None:
        """What the wallet's holder may spend from all their wallets, being known so well.

        None where no rule of the holder's tier speaks of wallets of this kind, or none limits.
        """
        of_tier = None if wallet.owner_id is None else self._rule(wallet, wallet.owner_tier)
        return of_tier if of_tier != Limits(None, None) else None

    def _rule(self, wallet: Listed, tier: int | None) -> Limits | None:
        """An organization's own rule replaces the general one of the same tier."""
        what = (wallet.kind, wallet.currency, tier)
        return self.limits.get((wallet.organization_id, *what)) or self.limits.get((None, *what))


@contextlib.contextmanager
def asked_known_and_terms(
    items: Sequence[TransferRequest],
) -> Iterator[Callable[[], tuple[Mapping[bytes, Transfer], Terms]]]:
    """The transfers that stand under these references already, and the terms of those in view.

    Asked for here, read by calling what it gives.
    """
    currencies = sorted({item.currency for item in items})
    with (
        connection.cursor() as known,
        connection.cursor() as fees,
        connection.cursor() as limits,
    ):
        references = array_literal(kind="bytea", values={item.reference for item in items})
        known.execute(_KNOWN, [references])
        fees.execute(_FEES, [currencies])
        limits.execute(_LIMITS, [currencies, currencies])

        def read() -> tuple[Mapping[bytes, Transfer], Terms]:
            ids = [row[0] for row in known.fetchall()]
            ruled = limits.fetchall()
            terms = Terms(
                {(row[0], row[1], row[2]): Fees(*row[3:]) for row in fees.fetchall()},
                {(row[0], row[1], row[2], row[3]): Limits(*row[4:]) for row in ruled if row[1]},
                {
                    (row[0], row[2]): Threshold(row[4], bool(row[5]))
                    for row in ruled
                    if row[1] is None
                },
            )
            return _by_reference(Transfer.objects.filter(id__in=ids) if ids else ()), terms

        yield read


def _by_reference(transfers: Iterable[Transfer]) -> dict[bytes, Transfer]:
    return {bytes(transfer.reference): transfer for transfer in transfers}
