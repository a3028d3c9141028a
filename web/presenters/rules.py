"""By which rules an organization goes, in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from accounts.models import Organization
from ledger.queries import currencies
from wallets.models import DualControlThreshold
from web.presenters.money import shown


@dataclasses.dataclass(frozen=True, slots=True)
class ApprovalRow:
    """What people move, whether they approve it themselves, and more about it."""

    label: str
    asked: bool
    detail: str = ""


def approval_rows(organization: Organization) -> list[ApprovalRow]:
    """When the organization's people approve what they move."""
    over = organization.approval_over_minor
    if over is None:
        return [ApprovalRow("Payments", asked=False)]
    if over == 0:
        return [ApprovalRow("Every payment", asked=True)]
    amount = shown(over, currencies().get(code=organization.base_currency))
    return [
        ApprovalRow(f"Payments above {amount}", asked=True),
        ApprovalRow("Payments in another currency", asked=True, detail="Whatever the amount"),
        ApprovalRow(
            "Payments from a new device or network", asked=True, detail="For a day, any amount"
        ),
    ]


@dataclasses.dataclass(frozen=True, slots=True)
class ThresholdRow:
    """From which amount on payments in one currency take a second person."""

    currency: str
    amount: str
    counts_keys: bool


def threshold_rows(rows: Iterable[DualControlThreshold]) -> list[ThresholdRow]:
    """The thresholds of an organization."""
    return [
        ThresholdRow(
            row.currency_id, shown(row.threshold_minor or 0, row.currency), row.counts_keys
        )
        for row in rows
    ]
