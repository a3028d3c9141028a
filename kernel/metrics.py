"""Counters the shared machinery keeps. Rooms declare their own beside the code they count."""

from __future__ import annotations

from prometheus_client import Counter

transaction_retries = Counter(
    "vaultcraft_transaction_retries_total",
    "Transactions begun again after PostgreSQL refused to serialize them or broke a deadlock.",
    ["sqlstate"],
)
