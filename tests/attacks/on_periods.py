"""Reopening what was closed. Acme's books are closed before November 2026."""

from __future__ import annotations

from tests.attacks.forging import Attack, attack

_INSERT = (
    "INSERT INTO ledger_period (id, organization_id, starts_at, closes_on, ends_at, state,"
    " opened_at) VALUES (gen_random_uuid(), {organization}, {starts}, {closes_on}, {ends},"
    " {state}, now())"
)
_PROOFS = "opening_proof = sha256('x'), closing_proof = sha256('x')"


def opening(**changed: str) -> str:
    right = {
        "organization": "%(acme)s",
        "starts": "%(october_ends)s",
        "ends": "%(open_ends)s",
        "closes_on": "(%(open_ends)s - interval '1 day')::date",
        "state": "'OPEN'",
    }
    return _INSERT.format(**right | changed)


def changing(change: str, period: str = "open_period") -> str:
    return f"UPDATE ledger_period SET {change} WHERE id = %({period})s"


_BALANCE = (
    "INSERT INTO ledger_periodbalance (period_id, organization_id, account_id, opening_minor,"
    " debit_minor, credit_minor, closing_minor) VALUES "
)

ATTACKS: tuple[Attack, ...] = (
    attack("opens closed books again",
           "UPDATE ledger_books SET closed_before = NULL",
           by="no privilege on table ledger_books"),
    attack("closes books without a period",
           "UPDATE ledger_books SET closed_before = now()",
           by="no privilege on table ledger_books"),
    attack("gives its closed books to another organization",
           "UPDATE ledger_books SET organization_id = %(globex)s", by="books_stay_closed"),
    attack("opens a second set of books",
           "INSERT INTO ledger_books (organization_id) VALUES (%(acme)s)",
           by="no privilege on table ledger_books"),
    attack("reopens a closed period",
           changing("state = 'OPEN', closed_at = NULL, closing_proof = NULL", "closed_period"),
           by="period_continues"),
    attack("gives a closed period another proof",
           changing(_PROOFS, "closed_period"), by="period_continues"),
    attack("writes a period that is closed from the start",
           opening(state="'CLOSED'"), by="period_begins_open"),
    attack("leaves a gap between two periods",
           opening(starts="%(october_ends)s + interval '1 day'"), by="period_continues"),
    attack("begins a period inside the closed one",
           opening(starts="%(october_ends)s - interval '1 day'"), by="period_continues"),
    attack("begins the first period a second time", opening(starts="NULL"),
           by="period_continues"),
    attack("has two open periods",
           opening(ends="%(open_ends)s + interval '1 day'",
                   closes_on="%(open_ends)s::date"), by="period_one_open"),
    attack("ends a period before it starts",
           opening(ends="%(october_ends)s - interval '1 day'", closes_on="'2026-10-30'"),
           by="period_forward"),
    attack("says that a period ends on an earlier day than it does",
           opening(closes_on="'2026-11-10'"), by="period_ends_with_its_day"),
    attack("ends a period in the middle of its last day",
           opening(ends="%(open_ends)s - interval '1 hour'"), by="period_ends_with_its_day"),
    attack("ends a period at the end of time",
           opening(ends="'infinity'"), by="period_times_readable"),
    attack("closes a period without proofs",
           changing("state = 'CLOSED', closed_at = now()", "globex_period"),
           by="period_closed_with_proof", sees=("globex",)),
    attack("closes a period that is not over, so that nothing can be posted any more",
           changing(f"state = 'CLOSED', closed_at = %(open_ends)s, {_PROOFS}"),
           by="period_is_over"),
    attack("closes a period before its end",
           changing(f"state = 'CLOSED', closed_at = now(), {_PROOFS}"), by="period_is_over"),
    *(attack(f"changes a period's {column}", changing(f"{column} = {column}"),
             by="no privilege on table ledger_period")
      for column in ("starts_at", "ends_at", "closes_on", "opened_at", "organization_id")),
    attack("opens a period for another organization",
           opening(organization="%(globex)s", starts="NULL"), by="period_continues"),
    attack("closes another organization's period",
           changing(f"state = 'CLOSED', closed_at = now(), {_PROOFS}", "globex_period"),
           by="row security: nothing in sight"),
    attack("forges a balance in another organization's period",
           f"{_BALANCE} (%(globex_period)s, %(globex)s, %(charlie)s, 0, 0, 0, 0)",
           by="row security of ledger_periodbalance"),
    attack("forges it in its own name, so that the other cannot close the period",
           f"{_BALANCE} (%(globex_period)s, %(acme)s, %(charlie)s, 0, 0, 0, 0)",
           by="period_balance_of_books"),
    attack("puts another organization's account into its own period",
           f"{_BALANCE} (%(closed_period)s, %(acme)s, %(charlie)s, 0, 0, 0, 0)",
           by="period_balance_of_books"),
    attack("keeps a balance of an account that does not exist",
           f"{_BALANCE} (%(closed_period)s, %(acme)s, gen_random_uuid(), 0, 0, 0, 0)",
           by="period_balance_of_books"),
    attack("keeps a balance in a period that does not exist",
           f"{_BALANCE} (gen_random_uuid(), %(acme)s, %(alice)s, 0, 0, 0, 0)",
           by="period_balance_of_books"),
    attack("forges a turnover below zero",
           f"{_BALANCE} (%(closed_period)s, %(acme)s, %(alice)s, 0, -1, -1, 0)",
           by="period_balance_turnover"),
    attack("forges closing balances that do not follow from the turnover",
           f"{_BALANCE} (%(closed_period)s, %(acme)s, %(alice)s, 0, 1, 1, 5)",
           by="period_balance_adds_up"),
)  # fmt: skip
