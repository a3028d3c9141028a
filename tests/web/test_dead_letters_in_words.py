"""Who agrees to a replay reads which consumers and events it is about, not a list of ids."""

from __future__ import annotations

from accounts.models import PendingAct
from web.presenters.act_facts import pairs_of


def test_what_is_agreed_to() -> None:
    facts = {
        "letters": ["01a22b5f-6e42-72b7-a571-7872b81b3d0d"],
        "dead_letters": 1,
        "consumers": "balances",
        "events": "ledger.transaction.posted",
        "reason": "a test",
    }
    assert pairs_of(PendingAct(kind="events.discards", facts=facts)) == [
        ("Reason", "a test"),
        ("Consumers", "balances"),
        ("Dead letters", "1"),
        ("Events", "ledger.transaction.posted"),
    ]
