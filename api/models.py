"""The tables of this room."""

from __future__ import annotations

from api.idempotency.models import IdempotencyGuard

__all__ = ["IdempotencyGuard"]
