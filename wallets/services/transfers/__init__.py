"""Moving money between wallets, and in and out of them."""

from wallets.services.transfers.execution import error_of, execute_transfers
from wallets.services.transfers.grouping import QueueFull, execute_together
from wallets.services.transfers.requests import TransferOutcome, TransferRequest

__all__ = [
    "QueueFull",
    "TransferOutcome",
    "TransferRequest",
    "error_of",
    "execute_together",
    "execute_transfers",
]
