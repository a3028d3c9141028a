"""What an approval is for. Pure."""

from __future__ import annotations

import dataclasses
import uuid

from accounts.choices import ApprovalKind
from kernel.crypto import fingerprint

_VERSION = "vaultcraft approval 2"
_NONE = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Everything about a movement that the person saw, and that must not change afterwards.

    Dynamic linking: payer, payee and amount are in it (PSD2, RTS on strong customer
    authentication, article 5 (1) (a), (b)), and what the payer pays on top.

    :param amount_minor: minor units of `currency`; of a batch, the sum, whatever the currencies.
    :param fee_minor: None where it is decided under the locks of the books.
    :param currency: empty for a batch in several.
    :param quote_id: of a currency exchange, once there are.
    :param subject_id: the hold that is captured, the transfer that is given back.
    :param items_hash: 32 bytes that name the items of a batch, in order.
    :param expiry: until when a hold reserves money, or for how long, as it was asked for.
    :param final: whether a capture releases what is left of its hold.
    :param all_or_nothing: whether a batch stands or falls as a whole.
    """

    kind: ApprovalKind
    source_wallet_id: uuid.UUID | None
    destination_wallet_id: uuid.UUID | None
    amount_minor: int
    currency: str
    fee_minor: int | None = None
    quote_id: uuid.UUID | None = None
    subject_id: uuid.UUID | None = None
    item_count: int = 1
    items_hash: bytes = b""
    expiry: str = ""
    final: bool | None = None
    all_or_nothing: bool | None = None

    @property
    def facts_hash(self) -> bytes:
        """SHA-256 over all of it, each part with its length before it, so no two share an input."""
        ids = (self.source_wallet_id, self.destination_wallet_id, self.quote_id, self.subject_id)
        return fingerprint(
            _VERSION,
            str(self.kind),
            *(str(one) if one else _NONE for one in ids),
            str(self.amount_minor),
            self.currency,
            _NONE if self.fee_minor is None else str(self.fee_minor),
            str(self.item_count),
            self.items_hash.hex(),
            self.expiry,
            *(_NONE if one is None else str(one) for one in (self.final, self.all_or_nothing)),
        )
