"""What the limits refuse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from kernel.errors import Kind, VaultCraftError
from kernel.rates.counting import Standing


class QuotaExceeded(VaultCraftError):
    """Too much was asked for in too short a time. Nothing was begun: wait, then send it again.

    :param standings: how all limits of the request stand; those it has to wait for are violated.
    """

    kind = Kind.LIMIT
    code = "quota_exceeded"
    title = "Too many requests"
    retryable = True
    # draft-ietf-httpapi-ratelimit-headers-11, section 5.1.
    problem_type: ClassVar[str] = "https://iana.org/assignments/http-problem-types#quota-exceeded"

    def __init__(self, detail: str = "", *, standings: Sequence[Standing] = ()) -> None:
        self.standings = tuple(standings)
        self.violated = [standing.policy for standing in standings if standing.wait_us]
        self.retry_after_seconds = max((one.wait_seconds for one in standings), default=1)
        wait = f"Wait {self.retry_after_seconds} s, then send it again." if standings else ""
        super().__init__(detail or wait)
        self.members = {"violated-policies": self.violated}
