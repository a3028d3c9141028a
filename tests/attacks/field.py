"""The field of the attacks: books with something of everything, and a connection into them.

The attacker is the application's own role with SQL of its own: what an injection, a bug or a
console would be. Each attack is a transaction that never commits, so that one field serves all.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import psycopg

UNSEEN = "row security: nothing in sight"
TAKEN = "TAKEN: no rule refused it"
KEPT = "COMMITTED"
_COLUMN = re.compile("[a-z_]+")
_DENIED = re.compile(r"permission denied for (\w+) \"?(\w+)")
_POLICY = re.compile(r"row-level security policy for table \"(\w+)\"")
_DATABASE = re.compile("permission denied for database")
_OWNER = re.compile(r"must be owner of (\w+) \"?(\w+)")


class Move(Protocol):
    def play(self, attacker: Attacker) -> int: ...


@dataclasses.dataclass(frozen=True)
class Standing:
    """An account as it stands on the field."""

    id: uuid.UUID
    account_class: str
    posted_minor: int
    version: int


@dataclasses.dataclass(frozen=True)
class Field:
    """What stands where: ids by name, and the accounts among them.

    :param database: its name.
    """

    database: str
    names: Mapping[str, Any]
    standing: Mapping[str, Standing]


@dataclasses.dataclass
class Attacker:
    """The application role, connected to the field."""

    field: Field
    connection: psycopg.Connection

    def stopped_by(
        self, moves: Sequence[str | Move], *, sees: Sequence[str], scope: str = ""
    ) -> str:
        """Make the moves in one transaction, roll it back, and name the rule that stopped them."""
        self.view(*sees, scope=scope)
        try:
            touched = [self.move(move) for move in moves][-1]
            self.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except psycopg.Error as error:
            return rule_of(error)
        finally:
            self.connection.rollback()
        return TAKEN if touched else UNSEEN

    def commits(self, moves: Sequence[str | Move], *, sees: Sequence[str]) -> str:
        """Make the moves in one transaction and keep them, or name the rule that stopped them."""
        self.view(*sees)
        try:
            for move in moves:
                self.move(move)
            self.connection.commit()
        except psycopg.Error as error:
            self.connection.rollback()
            return rule_of(error)
        return KEPT

    def view(self, *sees: str, scope: str = "") -> None:
        listed = ",".join(str(self.field.names[name]) for name in sees)
        self.connection.execute(
            "SELECT set_config('vaultcraft.organizations', %s, true),"
            " set_config('vaultcraft.scope', %s, true)",
            [f"{{{listed}}}", scope],
        )

    def move(self, move: str | Move) -> int:
        """One move; how many rows it touched or found."""
        return self.run(move) if isinstance(move, str) else move.play(self)

    def run(self, statement: str) -> int:
        known = {
            name: value for name, value in self.field.names.items() if f"({name})" in statement
        }
        return self.connection.execute(statement, known or None).rowcount

    def insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> int:
        """All of them in one statement, as the books want it."""
        columns = list(dict.fromkeys(column for row in rows for column in row))
        assert all(_COLUMN.fullmatch(column) for column in columns)
        marks = ", ".join(f"({', '.join(['%s'] * len(columns))})" for _ in rows)
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES {marks}"
        values = [self.meant(row.get(column)) for row in rows for column in columns]
        return self.connection.execute(statement, values).rowcount

    def meant(self, value: Any) -> Any:
        """What a text that begins with a colon stands for; anything else is itself."""
        if not (isinstance(value, str) and value.startswith(":")):
            return value
        times = {":now": 0, ":just_now": 1, ":earlier": 60, ":yesterday": 86_400}
        if value in times:
            return self._clock() - dt.timedelta(seconds=times[value])
        return self.field.names[value.removeprefix(":")]

    def _clock(self) -> dt.datetime:
        row = self.connection.execute("SELECT clock_timestamp()").fetchone()
        assert row is not None
        return row[0]


def rule_of(error: psycopg.Error) -> str:
    """The name of the rule, the missing privilege, or the SQLSTATE where there is no name."""
    if error.diag.constraint_name:
        return error.diag.constraint_name
    said = error.diag.message_primary or ""
    if error.sqlstate != "42501":
        return f"{error.sqlstate} {said}"
    for pattern, words in (
        (_DATABASE, "no privilege on the database"),
        (_POLICY, "row security of {}"),
        (_DENIED, "no privilege on {} {}"),
        (_OWNER, "not the owner of {} {}"),
    ):
        found = pattern.search(said)
        if found:
            return words.format(*found.groups())
    return "no privilege"
