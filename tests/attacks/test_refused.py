"""Each attack is stopped by the rule it names; `python -m tests.attacks` prints the list."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.attacks.all import ATTACKS
from tests.attacks.field import TAKEN, Attacker
from tests.attacks.forging import Attack, Forged, credit, debit
from tests.attacks.on_accounts import opening
from tests.attacks.on_dual_control import agreeing, approving, asking
from tests.attacks.on_holds import changing, charging_fee, placing
from tests.attacks.on_payouts import RIGHT
from tests.attacks.on_reversals import back, undoing
from tests.attacks.on_terms import charging, limiting, spending


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_postgresql_refuses_it(attack: Attack, attacker: Attacker) -> None:
    assert attack.attempt(attacker) == attack.by


@pytest.mark.parametrize(
    "move",
    [
        Forged(debit("alice", 5_00), credit("shop", 5_00)),
        Forged(debit("alice", 99_530_00 - 1), credit("shop", 99_530_00 - 1)),
        undoing(*back(45_00)),
        opening(),
        placing(amount="9952999"),
        charging_fee("%(fees)s", fee="9952899"),
        changing("captured_minor = 10000, state = 'CAPTURED', ended_at = now()"),
        charging(),
        limiting(),
        spending("shop_wallet", "acme"),
        "UPDATE accounts_signinsession SET last_seen_at = now() WHERE id = %(acme_session)s",
        "UPDATE accounts_apikey SET revoked_at = now() WHERE id = %(acme_key)s",
        "SELECT FROM accounts_live_session(%(globex_session)s, now())",
        agreeing("act", "alice_user"),
        agreeing("act_of_key", "adam_user"),
        asking(),
        approving(),
        "UPDATE accounts_dualcontrolpolicy SET terms = true",
        "UPDATE wallets_dualcontrolthreshold SET threshold_minor = threshold_minor - 1",
    ],
    ids=lambda move: move[:40] if isinstance(move, str) else "entries",
)
def test_what_is_right_is_taken(move: str | Forged, attacker: Attacker) -> None:
    """The control: the same hand, with nothing wrong. So it is the wrong thing that is refused."""
    assert attacker.stopped_by((move,), sees=("acme",)) == TAKEN


def test_a_frozen_account_gives_what_a_payout_reserved(attacker: Attacker) -> None:
    assert attacker.stopped_by(RIGHT, sees=("acme",)) == TAKEN


def test_no_attack_is_told_twice() -> None:
    assert Counter(attack.name for attack in ATTACKS).most_common(1)[0][1] == 1
