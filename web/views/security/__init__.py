"""The security page and what can be done on it."""

from __future__ import annotations

from web.views.security.overview import proving_address

__all__ = ["proving_address"]
