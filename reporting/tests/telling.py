"""Events of entries, as the ledger tells them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from events.consuming import Event
from kernel.context import Context, Scope
from kernel.ids import new_id
from kernel.transactions import opens_transaction
from reporting.consumers import keep_balances
from tests.world import NOW

ACME, GLOBEX = new_id(), new_id()


def posted(
    account: uuid.UUID,
    version: int,
    balance_minor: int,
    *,
    at: dt.datetime = NOW,
    organization: uuid.UUID = ACME,
) -> Event:
    """An event of one entry."""
    entry = {
        "account_id": str(account),
        "side": "CREDIT",
        "amount_minor": 1,
        "currency": "INR",
        "version": version,
        "balance_minor": balance_minor,
    }
    return Event(
        id=new_id(),
        name="ledger.transaction.posted",
        version=1,
        organization_id=organization,
        subject_id=new_id(),
        occurred_at=at,
        request_id="",
        payload={"recorded_at": at.isoformat(), "entries": [entry]},
        body="",
    )


def _platform(**_: object) -> Context:
    return Context(scope=Scope.PLATFORM)


@opens_transaction(context=_platform)
def kept(*, events: Sequence[Event]) -> None:
    """As the consumer takes them."""
    keep_balances(events, NOW)
