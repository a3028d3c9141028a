"""The proof of a period: one hash over what every account showed at its end.

The format is written down in `docs/periods.md`, so that anybody can compute it from an export.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid

VERSION = "vaultcraft period 1"


def proof_of(*, organization_id: uuid.UUID, moment: dt.datetime | None, lines: str) -> bytes:
    """SHA-256 over one line for the books and one for each account, in order of their ids.

    :param moment: the end of the period, exclusive; None before the first one.
    :param lines: those of the accounts, each with its line feed.
    """
    at = "-" if moment is None else _instant(moment)
    text = f"{VERSION}\n{organization_id} {at}\n{lines}"
    return hashlib.sha256(text.encode("ascii")).digest()


def _instant(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
