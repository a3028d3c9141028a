"""Rows of this room."""

from __future__ import annotations

from kyc.models.cases import Case, Standing
from kyc.models.documents import Document, DocumentChunk
from kyc.models.reviews import Check, Decision

__all__ = ["Case", "Check", "Decision", "Document", "DocumentChunk", "Standing"]
