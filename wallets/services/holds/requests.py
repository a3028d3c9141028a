"""What placing a hold takes."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping

from kernel.actor import Actor


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HoldRequest:
    """Money to be reserved, as it was asked for.

    :param source: wallet id or handle whose money is reserved.
    :param destination: wallet id or handle it is reserved for.
    :param amount_minor: minor units of `currency`, 1 to 2^53 - 1.
    :param expected_fee_minor: the fee the payer agreed to; another one is refused `fee_changed`.
    :param expires_at: after `now`, at most 30 days.
    :param lasts: where its end was asked for as a length: that is what its payer approves, for
        `expires_at` is another one whenever it is asked.
    :param reference: 32 bytes from `reference_of`, unique for ever.
    :param fingerprint: 32 bytes that change when anything asked for changes.
    :param approval_id: the approval that is presented; no part of what is asked.
    """

    actor: Actor
    source: str
    destination: str
    amount_minor: int
    currency: str
    expires_at: dt.datetime
    reference: bytes
    fingerprint: bytes
    now: dt.datetime
    description: str = ""
    metadata: Mapping[str, object] = dataclasses.field(default_factory=dict)
    expected_fee_minor: int | None = None
    approval_id: uuid.UUID | None = None
    lasts: dt.timedelta | None = None

    @property
    def expiry(self) -> str:
        """Its end as it was asked for."""
        if self.lasts is not None:
            return f"{int(self.lasts.total_seconds())} seconds"
        return self.expires_at.isoformat()
