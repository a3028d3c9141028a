"""Arguments that several commands read alike."""

from __future__ import annotations

import argparse
import uuid

from kernel.ids import MalformedId, decode


def organization_id(text: str) -> uuid.UUID:
    """An organization as the API writes it, or its UUID."""
    try:
        return decode("org", text) if text.startswith("org_") else uuid.UUID(text)
    except (MalformedId, ValueError):
        raise argparse.ArgumentTypeError("write it like org_... or as a UUID") from None
