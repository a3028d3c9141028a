"""What the demo world holds: wallets, agreed clearing caps, API keys, money from the bank."""

from __future__ import annotations

import dataclasses

from accounts.choices import KeyScope
from wallets.choices import WalletKind

KEY_SCOPES = (
    KeyScope.WALLETS_READ,
    KeyScope.WALLETS_WRITE,
    KeyScope.TRANSFERS_READ,
    KeyScope.TRANSFERS_WRITE,
    KeyScope.LEDGER_READ,
)


@dataclasses.dataclass(frozen=True, slots=True)
class WalletPlan:
    """A wallet to open.

    :param holder: the key of a person, or of an organization for its own wallet.
    """

    key: str
    holder: str
    kind: WalletKind
    currency: str = "INR"


@dataclasses.dataclass(frozen=True, slots=True)
class CapPlan:
    """A clearing cap that both organizations state.

    :param cap_minor: minor units of `currency`.
    """

    one: str
    other: str
    currency: str
    cap_minor: int


SAVINGS, CURRENT, MERCHANT = WalletKind.SAVINGS, WalletKind.CURRENT, WalletKind.MERCHANT

_WALLETS = (
    WalletPlan("bank.treasury", "bank", CURRENT),
    WalletPlan("bank.fx", "bank", CURRENT, "USD"),
    WalletPlan("ananya.savings", "ananya", SAVINGS),
    WalletPlan("ananya.current", "ananya", CURRENT),
    WalletPlan("rohan.savings", "rohan", SAVINGS),
    WalletPlan("kavita.savings", "kavita", SAVINGS),
    WalletPlan("meera.savings", "meera", SAVINGS),
    WalletPlan("meera.current", "meera", CURRENT),
    WalletPlan("arjun.current", "arjun", CURRENT),
    WalletPlan("arjun.merchant", "arjun", MERCHANT),
    WalletPlan("arjun.usd", "arjun", SAVINGS, "USD"),
    WalletPlan("sana.savings", "sana", SAVINGS),
    WalletPlan("sana.current", "sana", CURRENT),
    WalletPlan("market.collections", "market", MERCHANT),
    WalletPlan("market.settlement", "market", CURRENT),
    WalletPlan("market.exports", "market", MERCHANT, "USD"),
    WalletPlan("market.reserve", "market", SAVINGS),
    WalletPlan("neha.current", "neha", CURRENT),
    WalletPlan("imran.savings", "imran", SAVINGS),
    WalletPlan("divya.current", "divya", CURRENT),
    WalletPlan("harpreet.current", "harpreet", CURRENT),
    WalletPlan("harpreet.merchant", "harpreet", MERCHANT),
    WalletPlan("payroll.salaries", "payroll", CURRENT),
    WalletPlan("payroll.fees", "payroll", MERCHANT),
    WalletPlan("payroll.contractors", "payroll", CURRENT, "USD"),
    WalletPlan("suresh.savings", "suresh", SAVINGS),
    WalletPlan("pooja.savings", "pooja", SAVINGS),
    WalletPlan("aditya.current", "aditya", CURRENT),
    WalletPlan("lakshmi.savings", "lakshmi", SAVINGS),
    WalletPlan("lakshmi.usd", "lakshmi", CURRENT, "USD"),
)
WALLETS = {wallet.key: wallet for wallet in _WALLETS}

# The marketplace agreed on nothing in dollars with anybody: its story has a payment that shows it.
CAPS = (
    CapPlan("bank", "market", "INR", 50_00_000_00),
    CapPlan("bank", "payroll", "INR", 75_00_000_00),
    CapPlan("market", "payroll", "INR", 10_00_000_00),
    CapPlan("bank", "payroll", "USD", 50_000_00),
)

# What stood at the bank when the platform opened, in minor units of each wallet's currency.
OPENING_BALANCES = {
    "bank.treasury": 2_50_00_000_00,
    "bank.fx": 250_000_00,
    "ananya.savings": 3_50_000_00,
    "ananya.current": 80_000_00,
    "rohan.savings": 1_85_000_00,
    "kavita.savings": 1_40_000_00,
    "meera.savings": 96_000_00,
    "meera.current": 42_000_00,
    "arjun.current": 65_000_00,
    "sana.savings": 1_10_000_00,
    "sana.current": 38_000_00,
    "market.collections": 45_00_000_00,
    "market.exports": 60_000_00,
    "neha.current": 2_20_000_00,
    "imran.savings": 1_25_000_00,
    "divya.current": 72_000_00,
    "harpreet.current": 54_000_00,
    "harpreet.merchant": 30_000_00,
    "payroll.salaries": 3_00_000_00,
    "payroll.contractors": 35_000_00,
    "suresh.savings": 2_75_000_00,
    "pooja.savings": 1_30_000_00,
    "aditya.current": 68_000_00,
    "lakshmi.savings": 58_000_00,
}
