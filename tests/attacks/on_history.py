"""Changing what was written: rewriting, removing, reordering, copying over it."""

from __future__ import annotations

from tests.attacks.forging import Attack, attack

# Nothing of these is ever changed or removed.
_APPEND_ONLY = {
    "ledger_entry": "entries",
    "ledger_transaction": "transactions",
    "ledger_periodbalance": "balances of closed periods",
    "ledger_reconcilejob": "reports of the checker",
    "ledger_reconcilefinding": "findings of the checker",
    "wallets_wallethold": "requests of holds",
    "audit_auditrecord": "audit records",
    "events_outboxevent": "events",
}
# These change, in few columns; their rows stay.
_KEPT = {
    "ledger_accountgroup": "headings",
    "ledger_books": "books",
    "ledger_clearingcap": "clearing caps",
    "ledger_hold": "holds",
    "ledger_period": "periods",
    "wallets_feeschedule": "fees",
    "wallets_limitrule": "limits",
    "wallets_spendingusage": "what was spent",
    "wallets_transfer": "transfers",
    "wallets_wallet": "wallets",
}
_REORDERED = {
    "recorded_at": "the recorded time",
    "effective_at": "the effective time",
    "version": "the place of an entry in its account",
    "seq": "the place of an entry in its transaction",
    "amount_minor": "the amount",
    "side": "the side",
    "account_id": "the account",
    "balance_after_minor": "the resulting balance",
    "reverses_id": "what an entry undoes",
}

_ENTRY, _TRANSACTION = (f"no privilege on table ledger_{name}" for name in ("entry", "transaction"))


def _removals(table: str, what: str) -> tuple[Attack, ...]:
    rule = f"no privilege on table {table}"
    return (
        attack(f"deletes {what}", f"DELETE FROM {table}", by=rule),
        attack(f"empties the table of {what}", f"TRUNCATE {table} CASCADE", by=rule),
        attack(f"locks {what} away", f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE", by=rule),
    )


ATTACKS: tuple[Attack, ...] = (
    *(one for table, what in (_APPEND_ONLY | _KEPT).items() for one in _removals(table, what)),
    *(
        attack(
            f"rewrites {what}",
            f"UPDATE {table} SET organization_id = organization_id",
            by=f"no privilege on table {table}",
        )
        for table, what in _APPEND_ONLY.items()
        if table != "ledger_reconcilefinding"
    ),
    *(
        attack(
            f"changes {what} of an entry",
            f"UPDATE ledger_entry SET {column} = {column} WHERE id = %(paid_1)s",
            by=_ENTRY,
        )
        for column, what in _REORDERED.items()
    ),
    *(
        attack(
            f"changes the {column} of a transaction",
            f"UPDATE ledger_transaction SET {column} = {column} WHERE id = %(paid)s",
            by=_TRANSACTION,
        )
        for column in ("recorded_at", "effective_at", "entry_count", "reference", "reverses_id")
    ),
    attack(
        "chooses an entry's place in the order of all entries",
        "INSERT INTO ledger_entry (id, organization_id) OVERRIDING SYSTEM VALUE"
        " VALUES (1, %(acme)s)",
        by=_ENTRY,
    ),
    attack(
        "winds the counter of entries back",
        "SELECT setval('ledger_entry_id_seq', 1)",
        by="no privilege on sequence ledger_entry_id_seq",
    ),
    attack(
        "rewrites an entry through an upsert",
        "INSERT INTO ledger_entry (transaction_id, seq) VALUES (%(paid)s, 1)"
        " ON CONFLICT (transaction_id, seq) DO UPDATE SET amount_minor = 1",
        by=_ENTRY,
    ),
    attack(
        "removes an entry through MERGE",
        "MERGE INTO ledger_entry e USING (SELECT %(paid_1)s::bigint AS id) s ON e.id = s.id"
        " WHEN MATCHED THEN DELETE",
        by=_ENTRY,
    ),
    attack(
        "takes a seal off the chain",
        "DELETE FROM audit_auditseal",
        by="no privilege on table audit_auditseal",
    ),
    *(
        attack(
            f"winds the chain's {column} back",
            f"UPDATE audit_auditchain SET {column} = {value}",
            by="no privilege on table audit_auditchain",
        )
        for column, value in {"number": "0", "digest": "''", "line": "'0'"}.items()
    ),
    attack(
        "says that sealing is not refused any more",
        "UPDATE audit_auditchain SET refused_since = NULL",
        by="platform_seals",
    ),
    attack("locks an entry", "SELECT FROM ledger_entry FOR SHARE", by=_ENTRY),
    *(
        attack(
            f"copies rows into {table}",
            f"COPY {table} FROM STDIN",
            by="0A000 COPY FROM not supported with row-level security",
        )
        for table in ("ledger_transaction", "wallets_transfer")
    ),
    attack(
        "copies rows into audit_auditrecord",
        "COPY audit_auditrecord FROM STDIN",
        by="no privilege on table audit_auditrecord",
    ),
    attack(
        "copies rows into audit_auditrecord without their order",
        "COPY audit_auditrecord (id, at) FROM STDIN",
        by="0A000 COPY FROM not supported with row-level security",
    ),
    attack("copies rows into ledger_entry", "COPY ledger_entry FROM STDIN", by=_ENTRY),
    attack(
        "copies rows into ledger_entry without their numbers",
        "COPY ledger_entry (transaction_id, seq) FROM STDIN",
        by="0A000 COPY FROM not supported with row-level security",
    ),
)
