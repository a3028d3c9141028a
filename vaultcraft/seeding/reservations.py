"""Holds, captures, fees and money given back in the demo world, as data.

As in the story, a line's name is its name for ever: only append.
"""

from __future__ import annotations

import dataclasses

from vaultcraft.seeding.story import Moment
from wallets.choices import TransferKind, WalletKind


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """A hold, placed by whoever acts for the payer's wallet.

    :param amount_minor: minor units of the payer's currency.
    :param days: how long it lasts.
    """

    step: str
    at: Moment
    payer: str
    payee: str
    amount_minor: int
    description: str
    days: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """A part of a hold is captured, or, without an amount, the rest of it voided."""

    step: str
    at: Moment
    hold: str
    amount_minor: int | None = None
    final: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """A payment of the story is given back by whoever acts for the wallet that received it.

    :param amount_minor: a part; None for all that is left. The fee stays with who charged it.
    """

    step: str
    at: Moment
    payment: str
    payee: str
    description: str
    amount_minor: int | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pricing:
    """An organization's finance person states a fee, in minor units of the currency."""

    step: str
    at: Moment
    organization: str
    kind: TransferKind
    currency: str
    fixed_minor: int = 0
    bps: int = 0
    floor_minor: int = 0
    ceiling_minor: int | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Limiting:
    """Platform staff give an organization a rule of its own, in minor units of the currency."""

    step: str
    at: Moment
    organization: str
    wallet_kind: WalletKind
    currency: str
    day_minor: int
    month_minor: int


Agreement = Reservation | Taking | Refund | Pricing | Limiting

AGREEMENTS: tuple[Agreement, ...] = (
    Pricing(
        step="fee:bank:transfer",
        at=Moment(10, 8),
        organization="bank",
        kind=TransferKind.TRANSFER,
        currency="INR",
        fixed_minor=2_00,
        bps=5,
        floor_minor=5_00,
        ceiling_minor=50_00,
    ),
    Limiting(
        step="limit:bank:current",
        at=Moment(10, 8, 5),
        organization="bank",
        wallet_kind=WalletKind.CURRENT,
        currency="INR",
        day_minor=50_000_00,
        month_minor=3_00_000_00,
    ),
    Reservation(
        step="hold:catering",
        at=Moment(9, 9),
        payer="ananya.current",
        payee="harpreet.merchant",
        amount_minor=18_000_00,
        description="Catering, two evenings",
        days=14,
    ),
    Taking(step="capture:catering:1", at=Moment(7, 22), hold="catering", amount_minor=8_000_00),
    Taking(
        step="capture:catering:2",
        at=Moment(5, 22),
        hold="catering",
        amount_minor=7_500_00,
        final=True,
    ),
    # Nobody captures it; the next payment into the wallet, on day 7, finds its time over.
    Reservation(
        step="hold:camera",
        at=Moment(12, 13),
        payer="sana.savings",
        payee="market.collections",
        amount_minor=6_200_00,
        description="Order BZ-90166, camera, never shipped",
        days=3,
    ),
    Reservation(
        step="hold:bicycle",
        at=Moment(6, 12),
        payer="kavita.savings",
        payee="market.collections",
        amount_minor=11_400_00,
        description="Order BZ-90281, bicycle",
        days=10,
    ),
    Taking(step="void:bicycle", at=Moment(5, 10), hold="bicycle"),
    Reservation(
        step="hold:washing-machine",
        at=Moment(2, 11),
        payer="meera.current",
        payee="market.collections",
        amount_minor=9_500_00,
        description="Order BZ-90411, washing machine, on delivery",
        days=14,
    ),
    Reservation(
        step="hold:payroll-service",
        at=Moment(2, 16),
        payer="bank.treasury",
        payee="payroll.fees",
        amount_minor=1_12_100_00,
        description="Invoice VP-1071, payroll service, once accepted",
        days=21,
    ),
    Taking(
        step="capture:payroll-service:1",
        at=Moment(1, 11),
        hold="payroll-service",
        amount_minor=40_000_00,
    ),
    Refund(
        step="refund:chair",
        at=Moment(2, 10),
        payment="transfer:order:12",
        payee="market.collections",
        amount_minor=4_000_00,
        description="Order BZ-90350, damaged armrest",
    ),
    Refund(
        step="refund:groceries",
        at=Moment(7, 12),
        payment="transfer:groceries:09",
        payee="harpreet.merchant",
        description="Spoiled on the way",
    ),
)
