"""Which transfers a list shows: the filters of its query."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Q

from api.endpoint import path_id
from wallets.directory import key_of, look_up
from wallets.models import WalletHold


def filtered(rows: Any, query: dict[str, Any]) -> Any:
    """The rows that the filters leave."""
    exact = {
        "state": query.get("state"),
        "kind": query.get("kind"),
        "currency_id": query.get("currency"),
        "created_at__gte": query.get("created_from"),
        "created_at__lt": query.get("created_before"),
    }
    rows = rows.filter(**{name: value for name, value in exact.items() if value is not None})
    if "wallet" in query:
        rows = _of_wallet(rows, _wallet_id(query["wallet"]))
    if "hold" in query:
        # Asked through the holds in view: another organization's hold has no captures here.
        wanted = WalletHold.objects.filter(hold_id=path_id("hld", query["hold"]))
        rows = rows.filter(hold_id__in=wanted.values("hold_id"))
    if "reverses" in query:
        rows = rows.filter(reverses_id=path_id("trf", query["reverses"]))
    return rows


def _of_wallet(rows: Any, wallet_id: uuid.UUID | None) -> Any:
    """None is nobody's wallet, and not the missing side of a deposit."""
    if wallet_id is None:
        return rows.none()
    return rows.filter(Q(source_id=wallet_id) | Q(destination_id=wallet_id))


def _wallet_id(name: str) -> uuid.UUID | None:
    """The wallet's id, by which transfers are indexed; None where the name is nobody's.

    Asked as a payer asks, so that the other side of a payment is found by its handle as well.
    """
    key = key_of(name)
    if isinstance(key, uuid.UUID):
        return key
    found = look_up([name]).get(name)
    return found.id if found else None
