"""What a payer was shown and is asked to confirm, signed, on its way through the browser."""

from __future__ import annotations

import dataclasses
from typing import Any

from django.core import signing

from web.doors import PersonRequest

REVIEW_SECONDS = 15 * 60
_SALT = "web.send.review"


@dataclasses.dataclass(frozen=True, slots=True)
class Review:
    """What the payer is asked to confirm; amount and fee in minor units of the currency."""

    key: str
    source: str
    destination: str
    amount_minor: int
    fee_minor: int
    currency: str
    description: str
    amount_text: str

    def signed(self, request: PersonRequest) -> str:
        """Signed for this person's session; nobody can change or reuse it elsewhere."""
        body = {**dataclasses.asdict(self), "session": str(request.session_id)}
        return signing.dumps(body, salt=_SALT, compress=True)

    @property
    def given(self) -> dict[str, str]:
        """What the form held."""
        return {
            "source": self.source,
            "destination": self.destination,
            "amount": self.amount_text,
            "description": self.description,
        }


def opened(request: PersonRequest) -> Review | None:
    """The review a form brought back; None when it is not ours, not this session's, or too old."""
    try:
        signed = request.POST.get("review", "")
        body: dict[str, Any] = signing.loads(signed, salt=_SALT, max_age=REVIEW_SECONDS)
    except signing.BadSignature:
        return None
    if body.pop("session") != str(request.session_id):
        return None
    try:
        return Review(**body)
    except TypeError:  # signed by another version of this page
        return None
