"""API keys of tests that are about something else: issued at once, as nobody has to agree."""

from __future__ import annotations

from typing import Any

from accounts.services import api_keys
from accounts.services.api_keys import IssuedKey


def issue(**wanted: Any) -> IssuedKey:
    """Issue a key for which no second person is asked."""
    issued = api_keys.issue(**wanted)
    assert isinstance(issued, IssuedKey)
    return issued
