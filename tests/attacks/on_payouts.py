"""Payouts: another's stopped money taken in one's own name, and sagas that end by themselves.

The attacker forges a hold and a payout, and captures what they name.
"""

from __future__ import annotations

from tests.attacks.forging import Attack, Forged, attack, credit, debit

HOLD = "01a22c05-da3e-75f4-8ec6-000000000001"
PAYOUT = "01a22c05-da3e-75f4-8ec6-000000000002"
SAGA = "01a22c05-da3e-75f4-8ec6-000000000003"
_AMOUNT, _FEE = 100_00, 1_00
_PAID = {"kind": "CAPTURE", "hold_id": HOLD, "transfer_id": PAYOUT}


def holding(account: str) -> str:
    """A hold of 100.00, and a fee of 1.00."""
    return (
        "INSERT INTO ledger_hold (id, organization_id, account_id, currency_id, amount_minor,"
        " fee_minor, fee_account_id, state, reference, placed_at, expires_at)"
        f" VALUES ('{HOLD}', %(acme)s, %({account})s, 'INR', {_AMOUNT}, {_FEE}, %(fees)s, 'OPEN',"
        " sha256('forged'), now(), now() + interval '1 day')"
    )


_ASKED = (
    "INSERT INTO wallets_transfer (id, organization_id, source_id, source_handle, source_holder,"
    " destination_handle, destination_holder, kind, state, reason_code, amount_minor, fee_minor,"
    " currency_id, description, metadata, reference, fingerprint, actor_kind, actor_display, door,"
    " request_id, created_at, hold_id, approval_method, checker_display)"
    f" VALUES ('{PAYOUT}', %(acme)s, %(shop_wallet)s, 'VC', 'x', '', '', 'payout', 'PROCESSING',"
    f" '', {_AMOUNT}, {_FEE}, 'INR', '', '{{}}', sha256('forged'), sha256('forged'), 'system', 'x',"
    f" 'task', 'x', now(), '{HOLD}', '', '')"
)
_CAPTURED = (
    f"UPDATE ledger_hold SET captured_minor = {_AMOUNT}, state = 'CAPTURED', ended_at = now()"
    f" WHERE id = '{HOLD}'"
)
_FROZEN = "UPDATE ledger_ledgeraccount SET status = 'FROZEN' WHERE id = %(alice)s"


def settling(*legs: str | Forged, of: str) -> tuple[str | Forged, ...]:
    """Alice's account is frozen, and a payout of somebody's is captured."""
    return (holding(of), _ASKED, _FROZEN, _CAPTURED, *legs)


def paid(amount_minor: int = _AMOUNT, into: str = "cash") -> Forged:
    """Out of Alice's account."""
    return Forged(debit("alice", amount_minor), credit(into, amount_minor), **_PAID)


RIGHT = settling(paid(), of="alice")

_BEGUN = (
    "INSERT INTO events_saga (id, name, organization_id, subject_id, data, request_id, state, step,"
    " attempts, fence, turned, reason, due_at, deadline_at, started_at)"
    f" VALUES ('{SAGA}', 'wallets.payout', %(acme)s, '{PAYOUT}', '{{}}', 'x', 'RUNNING', 0, 0, 0,"
    " false, '', now(), now(), now())"
)


def moved(change: str) -> str:
    return f"UPDATE events_saga SET {change} WHERE id = '{SAGA}'"


def _on_saga(name: str, *changes: str, by: str) -> Attack:
    moves = (holding("shop"), _ASKED, _BEGUN, *map(moved, changes))
    return attack(name, *moves, by=by, scope="platform")


_STUCK, _OVER = "state = 'STUCK', reason = 'x'", "state = '{}', ended_at = now()"
_NOT_AS_IT = "saga_ends_as_its_payout"

ATTACKS: tuple[Attack, ...] = (
    attack("takes another's frozen money by a payout of one's own",
           *settling(paid(into="shop"), of="shop"), by="entries_account_state"),
    attack("pays another's frozen money out by a payout of one's own",
           *settling(paid(), of="shop"), by="entries_account_state"),
    attack("pays more out of a frozen account than its hold gave",
           *settling(paid(_AMOUNT + _FEE + 1), of="alice"), by="entries_account_state"),
    attack("pays out twice what a hold of a frozen account gave",
           *settling(Forged(debit("alice", _AMOUNT), debit("alice", _AMOUNT),
                            credit("cash", 2 * _AMOUNT), **_PAID), of="alice"),
           by="entries_account_state"),
    attack("pays out of a frozen account before its hold gave anything",
           holding("alice"), _ASKED, _FROZEN, paid(), by="entries_account_state"),
    attack("pays a payout of a frozen account into a wallet",
           *settling(paid(into="shop"), of="alice"), by="entries_account_state"),
    _on_saga("ends a saga that is stuck, alone", _STUCK, _OVER.format("COMPENSATED"),
             by=_NOT_AS_IT),
    _on_saga("has a saga that is stuck go on, alone", _STUCK,
             "state = 'COMPENSATING', due_at = now()", by="saga_mended_by_two"),
    attack("ends a stuck saga whose payout has failed, alone",
           holding("shop"), _ASKED, _BEGUN, moved(_STUCK),
           f"UPDATE wallets_transfer SET state = 'FAILED', reason_code = 'x' WHERE id = '{PAYOUT}'",
           moved(_OVER.format("COMPENSATED")), by="saga_mended_by_two", scope="platform"),
    _on_saga("completes a saga without an attempt", _OVER.format("COMPLETED"),
             by="saga_completed_by_attempt"),
    _on_saga("undoes a saga whose payout waits", "state = 'COMPENSATING'",
             _OVER.format("COMPENSATED"), by=_NOT_AS_IT),
    _on_saga("uses up the fences of a saga", "fence = 9223372036854775807",
             by="saga_fence_grows"),
)  # fmt: skip
