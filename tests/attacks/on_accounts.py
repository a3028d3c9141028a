"""Writing a balance without an entry, and bending an account."""

from __future__ import annotations

from tests.attacks.forging import Attack, attack

BY_PLATFORM = "account_stopped_by_platform"
_AS_PLATFORM = "SELECT set_config('vaultcraft.scope', 'platform', true)"
_AS_TENANT = "SELECT set_config('vaultcraft.scope', '', true)"
_STOPPED = (
    "UPDATE ledger_ledgeraccount SET status = 'FROZEN', stopped_by_platform = true"
    " WHERE id = %(alice)s"
)
NO_UPDATE = "no privilege on table ledger_ledgeraccount"
_OWNED_BY_TRIGGERS = {
    "posted_minor": "a balance",
    "held_minor": "a held amount",
    "version": "a version",
    "last_recorded_at": "the time of an account's last entry",
    "floor_minor": "a floor, to overdraw later",
    "ceiling_minor": "a clearing ceiling",
    "organization_id": "an account into another organization",
    "currency_id": "an account into another currency",
    "kind": "another kind of account",
    "account_class": "another class of account",
    "code": "another account code",
    "counterparty_id": "another counterparty of clearing",
    "parent_id": "another heading of the chart",
}
_OPEN = (
    "INSERT INTO ledger_ledgeraccount (id, organization_id, kind, account_class, currency_id, code,"
    " name, status, floor_minor, parent_id, counterparty_id, created_at)"
    " VALUES (gen_random_uuid(), {organization}, {kind}, {account_class}, {currency}, {code}, 'x',"
    " {status}, {floor}, {parent}, {counterparty}, now())"
)


def opening(**changed: str) -> str:
    """SQL that opens a right account but for what is changed."""
    right = {
        "organization": "%(acme)s",
        "kind": "'WALLET'",
        "account_class": "'LIABILITY'",
        "currency": "'INR'",
        "code": "'2000-forged'",
        "status": "'ACTIVE'",
        "floor": "0",
        "parent": "NULL",
        "counterparty": "NULL",
    }
    return _OPEN.format(**right | changed)


_heading = (
    "INSERT INTO ledger_accountgroup (id, organization_id, code, name, account_class, parent_id,"
    " created_at) VALUES "
)

ATTACKS: tuple[Attack, ...] = (
    *(
        attack(
            f"writes {what} directly",
            f"UPDATE ledger_ledgeraccount SET {column} = {column} WHERE id = %(alice)s",
            by=NO_UPDATE,
        )
        for column, what in _OWNED_BY_TRIGGERS.items()
    ),
    attack(
        "opens an account that has money already",
        "INSERT INTO ledger_ledgeraccount (id, posted_minor) VALUES (gen_random_uuid(), 1)",
        by=NO_UPDATE,
    ),
    attack(
        "writes a balance through an upsert",
        "INSERT INTO ledger_ledgeraccount (id, organization_id) VALUES (%(alice)s, %(acme)s)"
        " ON CONFLICT (id) DO UPDATE SET posted_minor = 1",
        by=NO_UPDATE,
    ),
    attack(
        "writes a balance through MERGE",
        "MERGE INTO ledger_ledgeraccount a USING (SELECT %(alice)s::uuid AS id) s ON a.id = s.id"
        " WHEN MATCHED THEN UPDATE SET posted_minor = 1",
        by=NO_UPDATE,
    ),
    attack(
        "renames an account the program opened",
        "UPDATE ledger_ledgeraccount SET name = 'Mine' WHERE id = %(alice)s",
        by="account_name_fixed",
    ),
    attack("deletes an account", "DELETE FROM ledger_ledgeraccount", by=NO_UPDATE),
    attack("empties the accounts", "TRUNCATE ledger_ledgeraccount CASCADE", by=NO_UPDATE),
    attack(
        "closes an account that has money",
        "UPDATE ledger_ledgeraccount SET status = 'CLOSED' WHERE id = %(alice)s",
        by="account_closes_empty",
    ),
    attack(
        "opens a closed account again",
        opening(),
        "UPDATE ledger_ledgeraccount SET status = 'CLOSED' WHERE code = '2000-forged'",
        "UPDATE ledger_ledgeraccount SET status = 'ACTIVE' WHERE code = '2000-forged'",
        by="account_state_machine",
    ),
    attack(
        "invents a state of accounts",
        "UPDATE ledger_ledgeraccount SET status = 'BLESSED' WHERE id = %(alice)s",
        by="account_state_machine",
    ),
    attack(
        "stops an account as if the platform did",
        "UPDATE ledger_ledgeraccount SET status = 'FROZEN', stopped_by_platform = true"
        " WHERE id = %(alice)s",
        by=BY_PLATFORM,
    ),
    *(
        attack(
            f"moves an account that the platform stopped: {change}",
            _AS_PLATFORM,
            _STOPPED,
            _AS_TENANT,
            f"UPDATE ledger_ledgeraccount SET {change} WHERE id = %(alice)s",
            by=BY_PLATFORM,
        )
        for change in (
            "status = 'ACTIVE', stopped_by_platform = false",
            "status = 'ACTIVE'",
            "stopped_by_platform = false",
            "status = 'SUSPENDED'",
        )
    ),
    attack(
        "stops its own organization",
        "UPDATE accounts_organization SET status = 'suspended' WHERE id = %(acme)s",
        by="accounts_organization_status_by_platform",
    ),
    attack(
        "lets its own organization act again",
        _AS_PLATFORM,
        "UPDATE accounts_organization SET status = 'suspended' WHERE id = %(acme)s",
        _AS_TENANT,
        "UPDATE accounts_organization SET status = 'active' WHERE id = %(acme)s",
        by="accounts_organization_status_by_platform",
    ),
    attack("opens a wallet without a floor", opening(floor="NULL"), by="account_has_floor"),
    attack("opens a wallet with a floor below zero", opening(floor="-1"), by="account_has_floor"),
    attack(
        "opens a wallet as an asset",
        opening(account_class="'ASSET'"),
        by="account_kind_has_class",
    ),
    attack("opens an account frozen", opening(status="'FROZEN'"), by="account_opens_empty"),
    attack("opens an account twice", opening(), opening(), by="account_code"),
    attack(
        "opens an account in a currency that does not exist",
        opening(currency="'XXX'"),
        by="ledger_ledgeraccount_currency_id_8964131a_fk_ledger_cu",
    ),
    attack(
        "opens a second clearing account with one counterparty",
        opening(kind="'CLEARING'", floor="NULL", counterparty="%(globex)s"),
        by="account_one_clearing_per_pair",
    ),
    attack(
        "opens a second cash account, so that deposits choose by chance",
        opening(kind="'CASH'", account_class="'ASSET'", code="'1000-forged'"),
        by="account_one_of_kind",
    ),
    attack(
        "opens a second account of fees",
        opening(kind="'FEE_INCOME'", account_class="'INCOME'", floor="NULL", code="'4000-forged'"),
        by="account_one_of_kind",
    ),
    attack(
        "opens a clearing account with itself",
        opening(kind="'CLEARING'", floor="NULL", counterparty="%(acme)s"),
        by="account_counterparty_is_another",
    ),
    attack(
        "opens an account under another organization's heading",
        opening(parent="%(globex_heading)s"),
        by="account_parent",
    ),
    attack(
        "opens an account under a heading of another class",
        opening(kind="'GENERAL'", account_class="'ASSET'", parent="%(acme_heading)s"),
        by="account_parent",
    ),
    attack(
        "puts a heading under another organization's",
        f"{_heading} (gen_random_uuid(), %(acme)s, 'F', 'x', 'LIABILITY', %(globex_heading)s,"
        " now())",
        by="account_group_parent_first",
    ),
    attack(
        "puts two headings under each other, so that no report of the chart ends",
        f"{_heading} (%(alice)s, %(acme)s, 'F1', 'x', 'LIABILITY', %(charlie)s, now()),"
        " (%(charlie)s, %(acme)s, 'F2', 'x', 'LIABILITY', %(alice)s, now())",
        by="account_group_parent_first",
    ),
    attack(
        "moves a heading",
        "UPDATE ledger_accountgroup SET parent_id = NULL",
        by="no privilege on table ledger_accountgroup",
    ),
    attack(
        "makes a currency",
        "INSERT INTO ledger_currency (code, name, exponent) VALUES ('XXX', 'x', 2)",
        by="no privilege on table ledger_currency",
    ),
    attack(
        "makes a hundred rupees of one by another exponent",
        "UPDATE ledger_currency SET exponent = 0 WHERE code = 'INR'",
        by="no privilege on table ledger_currency",
    ),
    attack(
        "states a clearing cap for the other side",
        "UPDATE ledger_clearingcap SET cap_minor = 1 WHERE organization_id = %(globex)s",
        by="row security: nothing in sight",
    ),
    attack(
        "turns a clearing cap to another pair",
        "UPDATE ledger_clearingcap SET counterparty_id = %(acme)s",
        by="no privilege on table ledger_clearingcap",
    ),
)
