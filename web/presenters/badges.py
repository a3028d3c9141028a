"""States as a word and a tone. The tone is never the only carrier of the meaning."""

from __future__ import annotations

import dataclasses

from accounts.choices import OrganizationStatus, PendingActState
from ledger.choices import AccountStatus, HoldState
from notifications.choices import DeliveryState, EndpointStatus
from wallets.choices import TransferState


@dataclasses.dataclass(frozen=True, slots=True)
class Badge:
    """:param tone: good, warn, bad, info or plain."""

    tone: str
    label: str


_TRANSFER_TONES = {
    TransferState.COMPLETED: "good",
    TransferState.PENDING: "warn",
    TransferState.PROCESSING: "warn",
    TransferState.FAILED: "bad",
    TransferState.CANCELLED: "plain",
}
_WALLET_TONES = {
    AccountStatus.ACTIVE: "good",
    AccountStatus.FROZEN: "info",
    AccountStatus.SUSPENDED: "bad",
    AccountStatus.CLOSED: "plain",
}
_HOLD_TONES = {
    HoldState.OPEN: "info",
    HoldState.CAPTURED: "good",
    HoldState.VOIDED: "plain",
    HoldState.EXPIRED: "plain",
}
_ACT_TONES = {
    PendingActState.PENDING: "warn",
    PendingActState.AGREED: "good",
    PendingActState.FAILED: "bad",
    PendingActState.REJECTED: "bad",
    PendingActState.WITHDRAWN: "plain",
    PendingActState.EXPIRED: "plain",
}
_ORGANIZATION_TONES = {
    OrganizationStatus.ACTIVE: "good",
    OrganizationStatus.PENDING: "warn",
    OrganizationStatus.SUSPENDED: "bad",
}

_ENDPOINT_TONES = {
    EndpointStatus.ENABLED: "good",
    EndpointStatus.PAUSED: "warn",
    EndpointStatus.DISABLED: "bad",
}
_DELIVERY_TONES = {
    DeliveryState.PENDING: "warn",
    DeliveryState.DELIVERED: "good",
    DeliveryState.FAILED: "bad",
    DeliveryState.CANCELED: "plain",
}


def transfer_badge(state: str) -> Badge:
    """The badge of a transfer's state."""
    known = TransferState(state)
    return Badge(_TRANSFER_TONES[known], known.label)


def act_badge(state: str) -> Badge:
    """The badge of an act that waits or waited for a second person."""
    known = PendingActState(state)
    return Badge(_ACT_TONES[known], known.label)


def wallet_badge(status: str) -> Badge:
    """The badge of a wallet's status."""
    known = AccountStatus(status)
    return Badge(_WALLET_TONES[known], known.label)


def hold_badge(state: str, *, overdue: bool) -> Badge:
    """The badge of a hold's state; an open one whose time is over is neither open nor ended."""
    if overdue:
        return Badge("warn", "Ran out")
    known = HoldState(state)
    return Badge(_HOLD_TONES[known], known.label)


def organization_badge(status: str) -> Badge:
    """The badge of an organization's status."""
    known = OrganizationStatus(status)
    return Badge(_ORGANIZATION_TONES[known], known.label)


def endpoint_badge(status: str) -> Badge:
    """The badge of a webhook endpoint's status."""
    known = EndpointStatus(status)
    return Badge(_ENDPOINT_TONES[known], known.label)


def delivery_badge(state: str) -> Badge:
    """The badge of a webhook delivery's state."""
    known = DeliveryState(state)
    return Badge(_DELIVERY_TONES[known], known.label)
