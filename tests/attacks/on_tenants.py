"""Another organization's rows: with the context of one's own, with the other's, with none."""

from __future__ import annotations

from tests.attacks.field import UNSEEN
from tests.attacks.forging import Attack, Forged, attack, credit, debit

_TABLES = (
    "ledger_accountgroup",
    "ledger_books",
    "ledger_clearingcap",
    "ledger_entry",
    "ledger_hold",
    "ledger_ledgeraccount",
    "ledger_period",
    "ledger_transaction",
    "wallets_transfer",
    "wallets_wallet",
    "audit_auditrecord",
    "events_outboxevent",
)
# Clearing caps and completed transfers name two organizations and are seen by both.
_OF_ONE = tuple(t for t in _TABLES if t not in ("ledger_clearingcap", "wallets_transfer"))
_STRANGE_SCOPES = ("directory", "sign_in", "owner", "PLATFORM", "platform ")
_PAIR = (debit("alice", 5_00), credit("shop", 5_00))

ATTACKS: tuple[Attack, ...] = (
    *(
        attack(
            f"reads {table} without a context",
            f"SELECT FROM {table}",
            by=UNSEEN,
            sees=(),
        )
        for table in _TABLES
    ),
    *(
        attack(
            f"reads another organization's {table}",
            f"SELECT FROM {table} WHERE organization_id = %(globex)s",
            by=UNSEEN,
        )
        for table in _OF_ONE
    ),
    *(
        attack(
            f"reads the books under the scope {scope!r}",
            "SELECT FROM ledger_entry",
            by=UNSEEN,
            sees=(),
            scope=scope,
        )
        for scope in _STRANGE_SCOPES
    ),
    attack(
        "reads the books of an organization that it names as text",
        "SELECT set_config('vaultcraft.organizations', '{*}', true)",
        "SELECT FROM ledger_entry",
        by='22P02 invalid input syntax for type uuid: "*"',
    ),
    attack(
        "reads the other side's failed transfers",
        "SELECT FROM wallets_transfer WHERE organization_id = %(globex)s AND state <> 'COMPLETED'",
        by=UNSEEN,
    ),
    attack(
        "lets a function of its own look at rows before row security does",
        "SELECT FROM ledger_entry WHERE account_id = %(charlie)s"
        " AND query_to_xml('SELECT 1', false, false, '') IS NOT NULL",
        by=UNSEEN,
    ),
    attack(
        "switches row security off for itself",
        "SET LOCAL row_security = off",
        "SELECT FROM ledger_entry",
        by="row security of ledger_entry",
    ),
    attack(
        "freezes another organization's account",
        "UPDATE ledger_ledgeraccount SET status = 'FROZEN' WHERE id = %(charlie)s",
        by=UNSEEN,
    ),
    attack(
        "locks another organization's account",
        "SELECT FROM ledger_ledgeraccount WHERE id = %(charlie)s FOR UPDATE",
        by=UNSEEN,
    ),
    attack(
        "locks another organization's books",
        "SELECT FROM ledger_books WHERE organization_id = %(globex)s FOR SHARE",
        by=UNSEEN,
    ),
    attack(
        "finishes another organization's transfer",
        "UPDATE wallets_transfer SET state = 'CANCELLED', reason_code = 'x'"
        " WHERE organization_id = %(globex)s",
        by=UNSEEN,
    ),
    attack(
        "cancels money that came to it",
        "UPDATE wallets_transfer SET state = 'CANCELLED', reason_code = 'x',"
        " completed_at = NULL WHERE counterparty_organization_id = %(globex)s",
        by=UNSEEN,
        sees=("globex",),
    ),
    attack(
        "writes a transaction into another organization's books",
        Forged(debit("charlie", 5_00), credit("charlie", 5_00), organization_id=":globex"),
        by="row security of ledger_transaction",
    ),
    attack(
        "writes into its own books without a context",
        Forged(*_PAIR),
        by="row security of ledger_transaction",
        sees=(),
    ),
    attack(
        "writes into its own books under a scope that is none",
        Forged(*_PAIR),
        by="row security of ledger_transaction",
        sees=(),
        scope="directory",
    ),
    attack(
        "debits another organization's wallet in its own books",
        Forged(debit("charlie", 5_00), credit("alice", 5_00)),
        by="entry_account",
    ),
    attack(
        "debits another organization's wallet, with both in view",
        Forged(debit("charlie", 5_00), credit("alice", 5_00)),
        by="entry_account",
        sees=("acme", "globex"),
    ),
    attack(
        "hangs another organization's entries on its own transaction",
        Forged(debit("alice", 5_00), credit("charlie", 5_00, organization_id=":globex")),
        by="row security of ledger_entry",
    ),
    attack(
        "hangs another organization's entries on its own transaction, with both in view",
        Forged(debit("alice", 5_00), credit("charlie", 5_00, organization_id=":globex")),
        by="entry_transaction",
        sees=("acme", "globex"),
    ),
    attack(
        "turns a wallet to another organization's account",
        "INSERT INTO wallets_wallet (id, handle, organization_id, kind, currency_id, account_id,"
        " created_at) VALUES (gen_random_uuid(), 'acme.forged1', %(acme)s, 'merchant', 'INR',"
        " %(charlie)s, now())",
        by="wallet_account_kind",
    ),
    attack(
        "turns a wallet to the cash account",
        "INSERT INTO wallets_wallet (id, handle, organization_id, kind, currency_id, account_id,"
        " created_at) VALUES (gen_random_uuid(), 'acme.forged1', %(acme)s, 'merchant', 'INR',"
        " %(cash)s, now())",
        by="wallet_account_kind",
    ),
    attack(
        "moves a wallet",
        "UPDATE wallets_wallet SET organization_id = %(globex)s",
        by="no privilege on table wallets_wallet",
    ),
    attack(
        "writes audit records for another organization",
        "INSERT INTO audit_auditrecord (id, organization_id)"
        " VALUES (gen_random_uuid(), %(globex)s)",
        by="row security of audit_auditrecord",
    ),
    attack(
        "sends events in another organization's name",
        "INSERT INTO events_outboxevent (id, organization_id)"
        " VALUES (gen_random_uuid(), %(globex)s)",
        by="row security of events_outboxevent",
    ),
    *(
        attack(
            f"writes another organization's {column}",
            f"UPDATE accounts_organization SET {column} = {column} WHERE id = %(globex)s",
            by="no privilege on table accounts_organization",
        )
        for column in ("name", "display_name", "slug", "base_currency", "country")
    ),
    attack(
        "writes another organization's timezone",
        "UPDATE accounts_organization SET timezone = timezone WHERE id = %(globex)s",
        by=UNSEEN,
    ),
    attack(
        "makes platform staff of a person",
        "UPDATE accounts_user SET role = NULL, platform_role = 'super_admin'"
        " WHERE id = %(alice_user)s",
        by="accounts_user_staff_by_platform",
    ),
    attack(
        "asks the directory for everybody",
        "SELECT FROM wallet_directory(NULL, NULL)",
        by=UNSEEN,
    ),
    attack(
        "asks the directory for everybody by pattern",
        "SELECT FROM wallet_directory('{}', '{VC-*}')",
        by=UNSEEN,
    ),
    attack(
        "keeps the directory's view for a statement of its own",
        "SELECT FROM wallet_directory(ARRAY[%(charlie_wallet)s], '{}')",
        "SELECT FROM wallets_wallet WHERE id = %(charlie_wallet)s",
        by=UNSEEN,
    ),
)
