"""Giving back more than was taken, or what was never taken.

Of the 70.00 that `paid` moved, 45.00 can still be reversed.
"""

from __future__ import annotations

from typing import Any

from tests.attacks.forging import Attack, Forged, Leg, attack, credit, debit


def undoing(*legs: Leg, of: str | None = ":paid", **changed: Any) -> Forged:
    return Forged(*legs, **{"kind": "REVERSAL", "reverses_id": of} | changed)


def back(amount_minor: int) -> tuple[Leg, Leg]:
    """The two right legs of a reversal of `paid`."""
    return (
        credit("alice", amount_minor, reverses_id=":paid_1"),
        debit("shop", amount_minor, reverses_id=":paid_2"),
    )


ATTACKS: tuple[Attack, ...] = (
    attack("reverses more than was posted", undoing(*back(70_01)), by="entries_reverse_within"),
    attack("reverses more than is left", undoing(*back(45_01)), by="entries_reverse_within"),
    attack("reverses what is left twice", undoing(*back(45_00)),
           undoing(credit("alice", 1, version_off=1, balance_off=45_00, reverses_id=":paid_1"),
                   debit("shop", 1, version_off=1, balance_off=-45_00, reverses_id=":paid_2")),
           by="entries_reverse_within"),
    attack("splits one reversal into legs that are too much together",
           undoing(*back(30_00), *back(30_00)), by="entries_reverse_within"),
    attack("reverses a reversal",
           undoing(debit("alice", 5_00, reverses_id=":reversal_1"),
                   credit("shop", 5_00, reverses_id=":reversal_2"), of=":reversal"),
           by="entries_reverse_original"),
    attack("reverses on the same side, which pays a second time",
           undoing(debit("alice", 5_00, reverses_id=":paid_1"),
                   credit("shop", 5_00, reverses_id=":paid_2")),
           by="entries_reverse_original"),
    attack("gives another account the money back",
           undoing(credit("shop", 5_00, reverses_id=":paid_1"),
                   debit("shop", 5_00, reverses_id=":paid_2")),
           by="entries_reverse_original"),
    attack("reverses entries of another transaction than it names",
           undoing(*back(5_00), of=":captured"), by="entries_reverse_original"),
    attack("reverses before the original counts",
           undoing(*back(5_00), effective_at="2026-11-19 00:00+00"),
           by="entries_reverse_original"),
    attack("calls itself a reversal and undoes nothing",
           undoing(credit("alice", 5_00), debit("shop", 5_00)), by="entries_whole_transaction"),
    attack("undoes with one leg and takes with the other",
           undoing(credit("alice", 5_00, reverses_id=":paid_1"), debit("shop", 5_00)),
           by="entries_whole_transaction"),
    attack("hides a reversal in a payment",
           Forged(*back(5_00)), by="entries_whole_transaction"),
    attack("calls itself a reversal and names no transaction",
           undoing(*back(5_00), of=None), by="transaction_reversal_reverses"),
    attack("calls a reversal a payment", undoing(*back(5_00), kind="TRANSFER"),
           by="transaction_reversal_reverses"),
    attack("reverses a transaction that does not exist",
           undoing(*back(5_00), of=":alice"), by="transaction_reversed"),
    attack("reverses an entry that does not exist",
           undoing(credit("alice", 5_00, reverses_id=0), debit("shop", 5_00, reverses_id=0)),
           by="entries_reverse_original"),
    attack("takes back from an account what it no longer has",
           Forged(debit("shop", 5_00_159_99), credit("cash", 5_00_159_99)),
           undoing(credit("alice", 45_00, reverses_id=":paid_1"),
                   debit("shop", 45_00, version_off=1, balance_off=-5_00_159_99,
                         reverses_id=":paid_2")),
           by="account_above_floor"),
    attack("calls the check of reversals with entries of its choice",
           "SELECT ledger_check_reversals(ARRAY[]::bigint[])",
           by="no privilege on function ledger_check_reversals"),
)  # fmt: skip
