"""An answer as bytes, before it is a response: it can be kept and sent again unchanged."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from django.http import HttpResponse

from api import problems
from kernel.errors import VaultCraftError

JSON = "application/json"


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """Status, exact body, and the headers that belong to the body.

    :param replayed: whether it tells again of an effect that stood before this request.
    :param recorded: whether the books hold what it tells, and would tell the same again.
    """

    status: int
    body: bytes
    headers: Mapping[str, str]
    replayed: bool = False
    recorded: bool = True

    @classmethod
    def of(cls, data: object, *, status: int = 200, location: str | None = None) -> Answer:
        """JSON data as an answer."""
        headers = {"Content-Type": JSON}
        if location:
            headers["Location"] = location
        return cls(status=status, body=problems.encode(data), headers=headers)

    @classmethod
    def of_error(cls, error: VaultCraftError, *, request_id: str) -> Answer:
        """A foreseen refusal as an answer."""
        return cls(
            status=problems.status_of(error),
            body=problems.encode(problems.document(error, request_id=request_id)),
            headers={"Content-Type": problems.MEDIA_TYPE},
        )

    def response(self) -> HttpResponse:
        """The response to send."""
        return HttpResponse(self.body, status=self.status, headers=dict(self.headers))
