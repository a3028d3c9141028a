"""What an attacker writes: plain SQL, or rows of the books made to measure.

A text that begins with a colon is a name of the `Field`: ``":alice"`` is the id of Alice's account.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any

from kernel.ids import new_id
from tests.attacks.field import Attacker, Field

DEBIT, CREDIT = "DEBIT", "CREDIT"


@dataclasses.dataclass(frozen=True)
class Leg:
    """One entry: right in all its columns but those in `changed`.

    :param version_off: how far the version is from the right one.
    :param balance_off: how far the resulting balance is from the right one, in minor units.
    """

    side: str
    account: str
    amount_minor: int
    version_off: int
    balance_off: int
    changed: dict[str, Any]


def debit(
    account: str, amount_minor: int, *, version_off: int = 0, balance_off: int = 0, **changed: Any
) -> Leg:
    return Leg(DEBIT, account, amount_minor, version_off, balance_off, changed)


def credit(
    account: str, amount_minor: int, *, version_off: int = 0, balance_off: int = 0, **changed: Any
) -> Leg:
    return Leg(CREDIT, account, amount_minor, version_off, balance_off, changed)


class Forged:
    """A transaction and its entries, in two statements.

    :param into: name of an existing transaction that shall take the entries instead.
    :param changed: columns of the transaction; its times are those of its entries too.
    """

    def __init__(self, *legs: Leg, into: str | None = None, **changed: Any) -> None:
        self.legs = legs
        self.into = into
        self.changed = changed

    def play(self, attacker: Attacker) -> int:
        """Write the rows; how many entries were taken."""
        field = attacker.field
        row = self._transaction(attacker)
        if self.into:
            row["id"] = field.names[self.into]
        else:
            attacker.insert("ledger_transaction", [row])
        return attacker.insert("ledger_entry", self._entries(row, field))

    def _transaction(self, attacker: Attacker) -> dict[str, Any]:
        row: dict[str, Any] = {
            "id": new_id(),
            "organization_id": ":acme",
            "kind": "TRANSFER",
            "reference": new_id().bytes * 2,
            "entry_count": len(self.legs),
            "effective_at": ":earlier",
            "recorded_at": ":now",
            "description": "",
            "metadata": "{}",
        } | self.changed
        return {column: attacker.meant(value) for column, value in row.items()}

    def _entries(self, transaction: dict[str, Any], field: Field) -> list[dict[str, Any]]:
        seen: Counter[str] = Counter()
        balances = {leg.account: field.standing[leg.account].posted_minor for leg in self.legs}
        rows = []
        for seq, leg in enumerate(self.legs, start=1):
            account = field.standing[leg.account]
            seen[leg.account] += 1
            grows = (leg.side == DEBIT) == (account.account_class in ("ASSET", "EXPENSE"))
            balances[leg.account] += leg.amount_minor if grows else -leg.amount_minor
            rows.append(
                {
                    "transaction_id": transaction["id"],
                    "organization_id": transaction["organization_id"],
                    "seq": seq,
                    "account_id": account.id,
                    "side": leg.side,
                    "amount_minor": leg.amount_minor,
                    "currency_id": "INR",
                    "balance_after_minor": balances[leg.account] + leg.balance_off,
                    "version": account.version + seen[leg.account] + leg.version_off,
                    "effective_at": transaction["effective_at"],
                    "recorded_at": transaction["recorded_at"],
                    "reverses_id": None,
                }
                | leg.changed
            )
        return rows


@dataclasses.dataclass(frozen=True)
class Attack:
    """One thing the application role tries, and the rule of the database that stops it.

    :param moves: SQL or forged rows, in order; the last one meets the rule.
    :param by: name of a constraint or trigger, a missing privilege, or row security.
    :param sees: the organizations in view.
    """

    name: str
    by: str
    moves: tuple[str | Forged, ...]
    sees: tuple[str, ...] = ("acme",)
    scope: str = ""

    def attempt(self, attacker: Attacker) -> str:
        """Make the moves and the commit; the rule that stopped them."""
        return attacker.stopped_by(self.moves, sees=self.sees, scope=self.scope)


def attack(
    name: str, *moves: str | Forged, by: str, sees: tuple[str, ...] = ("acme",), scope: str = ""
) -> Attack:
    return Attack(name, by, moves, sees, scope)
