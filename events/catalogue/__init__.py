"""Every event that may leave the house, with the shape of its payload.

Fields are never removed or re-typed within a version; a breaking change is a new version beside the
old one. Consumers must let fields pass that they do not know.
"""

from __future__ import annotations

from collections.abc import Mapping

from events.catalogue.accounts import ACCOUNTS
from events.catalogue.kyc import KYC
from events.catalogue.ledger import LEDGER
from events.catalogue.notifications import NOTIFICATIONS
from events.catalogue.shapes import EventType
from events.catalogue.wallets import WALLETS

CATALOGUE: Mapping[str, EventType] = {
    kind.name: kind for kind in (*WALLETS, *LEDGER, *KYC, *ACCOUNTS, *NOTIFICATIONS)
}

__all__ = ["CATALOGUE", "EventType"]
