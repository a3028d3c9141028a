"""Writing evidence, and sealing what was written."""

from __future__ import annotations

from audit.services.recording import Act, record, record_many

__all__ = ["Act", "record", "record_many"]
