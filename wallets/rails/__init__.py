"""Who carries money to accounts at banks: one interface, chosen by the settings.

A rail is remote: it is asked outside of any transaction, by the saga of a payout, with a time limit
of its own. It knows a payment by our key, whatever is asked how often: `submit` again is the same
payment, and what became of one whose answer was lost is asked, never guessed. `PAYOUT_RAIL` names
the class; without one nothing is paid out.
"""

from __future__ import annotations

import dataclasses
import enum
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string


class RailState(enum.StrEnum):
    """Where a payment stands at the rail. PAID, DECLINED and CANCELLED are final."""

    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    PAID = "paid"
    DECLINED = "declined"
    CANCELLED = "cancelled"


@dataclasses.dataclass(frozen=True, slots=True)
class Payment:
    """What a rail is asked to pay.

    :param key: ours, for ever; at most 64 characters.
    :param amount_minor: minor units of `currency`.
    """

    key: str
    amount_minor: int
    currency: str
    name: str
    bank_code: str
    account_number: str

    def __repr__(self) -> str:
        """Nothing personal: a repr ends in logs."""
        return f"Payment({self.key})"


@dataclasses.dataclass(frozen=True, slots=True)
class RailAnswer:
    """Where a payment stands.

    :param reference: the rail's own, by which a bank statement names it.
    """

    state: RailState
    reference: str = ""


class RailUnavailable(Exception):
    """It did not answer, or not in time. What was asked may have arrived all the same."""


class PayoutRail(Protocol):
    """A service that pays to accounts at banks."""

    name: str

    def submit(self, payment: Payment, *, timeout_seconds: float) -> RailAnswer:
        """Ask it to pay. The same key again is the same payment, and answers where it stands.

        :raises RailUnavailable: if there is no answer to be had now.
        """
        ...

    def status(self, key: str, *, timeout_seconds: float) -> RailAnswer:
        """Where a payment stands; UNKNOWN: the rail never heard of it.

        :raises RailUnavailable: if there is no answer to be had now.
        """
        ...

    def cancel(self, key: str, *, timeout_seconds: float) -> RailAnswer:
        """Call a payment back. PAID: too late. ACCEPTED: not decided yet, ask again.

        One it never heard of is CANCELLED: if it arrives later, it is not paid.

        :raises RailUnavailable: if there is no answer to be had now.
        """
        ...


def has_rail() -> bool:
    """Whether the installation has one."""
    return bool(settings.PAYOUT_RAIL)


def rail() -> PayoutRail:
    """The one that the settings name."""
    made: PayoutRail = import_string(settings.PAYOUT_RAIL)()
    return made
