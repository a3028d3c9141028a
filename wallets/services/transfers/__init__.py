"""Moving money between wallets, and in and out of them."""

from wallets.services.transfers.approving import Question, bundled
from wallets.services.transfers.execution import execute_transfers
from wallets.services.transfers.grouping import QueueFull, execute_together
from wallets.services.transfers.limits import Usage
from wallets.services.transfers.rehearsing import Rehearsal, rehearse_transfers
from wallets.services.transfers.replaying import error_of
from wallets.services.transfers.requests import (
    Bundle,
    CaptureOf,
    ReversalOf,
    TransferOutcome,
    TransferRequest,
)

__all__ = [
    "Bundle",
    "CaptureOf",
    "Question",
    "QueueFull",
    "Rehearsal",
    "ReversalOf",
    "TransferOutcome",
    "TransferRequest",
    "Usage",
    "bundled",
    "error_of",
    "execute_together",
    "execute_transfers",
    "rehearse_transfers",
]
