"""The proof of a period: one hash over what every account showed at its end.

The format is written down in `docs/periods.md`, so that anybody can compute it from an export.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterable

VERSION = "vaultcraft period 1"

# Account id, currency, account class, balance in minor units on its normal side.
ProofRow = tuple[uuid.UUID, str, str, int]


def proof_of(
    *, organization_id: uuid.UUID, moment: dt.datetime | None, rows: Iterable[ProofRow]
) -> bytes:
    """SHA-256 over one line for the books and one for each account, in order of their ids.

    :param moment: the end of the period, exclusive; None before the first one.
    :param rows: by ascending id of the account.
    """
    at = "-" if moment is None else _instant(moment)
    digest = hashlib.sha256(f"{VERSION}\n{organization_id} {at}\n".encode("ascii"))
    for account_id, currency, account_class, balance_minor in rows:
        line = f"{account_id} {currency} {account_class} {balance_minor}\n"
        digest.update(line.encode("ascii"))
    return digest.digest()


def _instant(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
