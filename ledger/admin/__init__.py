"""The books on the staff site: explored, never edited."""

from __future__ import annotations

from ledger.admin import chart, journal, periods, reconciliation

__all__ = ["chart", "journal", "periods", "reconciliation"]
