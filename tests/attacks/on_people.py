"""Rows about another organization's person under one's own name, and papers that were sent in."""

from __future__ import annotations

from tests.attacks.field import UNSEEN
from tests.attacks.forging import Attack, attack

# Each column list names a person; the organization is the attacker's own, so row security is
# content, and the row would be about somebody else's person.
_OF_PEOPLE = {
    "accounts_approval": "id, user_id, organization_id",
    "accounts_datakey": "id, user_id, organization_id",
    "accounts_device": "id, user_id, organization_id",
    "accounts_factorchallenge": "id, user_id, organization_id",
    "accounts_mailedlink": "id, user_id, organization_id",
    "accounts_network": "id, user_id, organization_id",
    "accounts_passkey": "id, user_id, organization_id",
    "accounts_pendingmail": "id, user_id, organization_id",
    "accounts_phone": "id, user_id, organization_id",
    "accounts_pinreset": "id, user_id, organization_id",
    "accounts_recoverycode": "id, user_id, organization_id",
    "accounts_totpfactor": "id, user_id, organization_id",
    "accounts_transactionpin": "user_id, organization_id",
    "kyc_case": "id, user_id, organization_id, state, rounds",
    "wallets_beneficiary": "id, user_id, organization_id",
    "wallets_wallet": "id, owner_id, organization_id, account_id",
}
_VALUES = {
    "id": "gen_random_uuid()",
    "user_id": "%(charlie_user)s",
    "owner_id": "%(charlie_user)s",
    "organization_id": "%(acme)s",
    "state": "'draft'",
    "rounds": "0",
    "account_id": "(SELECT account_id FROM wallets_wallet WHERE id = %(shop_wallet)s)",
}
# Read by the platform alone, or not by another organization.
_UNREAD = (
    "accounts_device",
    "accounts_factorchallenge",
    "accounts_network",
    "accounts_passkey",
    "accounts_recoverycode",
    "accounts_totpfactor",
    "kyc_standing",
)
_PLATFORM_ONLY = ("kyc_check", "kyc_decision")
_SENT_IN = "WHERE id = %(acme_case)s"
_STILL = "kyc_case_stands_still"
_CHUNK = (
    "INSERT INTO kyc_documentchunk (id, organization_id, document_id, number, content)"
    " VALUES (gen_random_uuid(), %(acme)s, %(acme_document)s, {}, 'x')"
)
# Whose a wallet, its number and a beneficiary are, and what they are, never changes; no column of
# them but what is sealed can be written, and that opens for its own place only.
_WHOSE = {
    "wallets_wallet": {
        "owner_id": "%(charlie_user)s",
        "organization_id": "%(globex)s",
        "account_id": "(SELECT account_id FROM wallets_wallet WHERE id = %(shop_wallet)s)",
        "handle": "'VC-000000'",
        "kind": "kind",
        "currency_id": "'USD'",
    },
    "wallets_accountnumber": {
        "wallet_id": "%(shop_wallet)s",
        "user_id": "%(charlie_user)s",
        "organization_id": "%(globex)s",
        "blind_index": "'x'",
        "last_digits": "'0000'",
    },
    "wallets_beneficiary": {
        "user_id": "%(charlie_user)s",
        "organization_id": "%(globex)s",
        "reference": "'x'",
        "bank_code": "'ICIC0000001'",
        "blind_index": "'x'",
        "last_digits": "'0000'",
    },
}


def _row(table: str) -> str:
    columns = _OF_PEOPLE[table]
    values = ", ".join(_VALUES[column] for column in columns.split(", "))
    return f"INSERT INTO {table} ({columns}) VALUES ({values})"


_OF_ALICE = "WHERE user_id = %(alice_user)s"
_SHRED = f"UPDATE accounts_datakey SET wrapped = NULL, shredded_at = now() {_OF_ALICE}"
_WRAP = "UPDATE accounts_datakey SET"
_NONSENSE = "'\\x01'::bytea || int4send(1) || decode(repeat('2a', 60), 'hex')"
_KEY = (
    "INSERT INTO accounts_datakey (id, organization_id, user_id, version, shredded_at, wrapped,"
    " master_version, created_at) VALUES (gen_random_uuid(), %(acme)s, {}, {}, {}, {}, 1, now())"
)

ATTACKS: tuple[Attack, ...] = (
    attack(
        "has an erased person count again",
        "UPDATE accounts_user SET is_active = true WHERE id = %(erased_user)s",
        by="accounts_user_erased_is_closed",
    ),
    *(
        attack(
            f"writes a row of {table} about another organization's person as its own",
            _row(table),
            by=f"{table}_of_its_person",
        )
        for table in _OF_PEOPLE
    ),
    *(
        attack(
            f"changes {column} of its own rows of {table}",
            f"UPDATE {table} SET {column} = {value} WHERE organization_id = %(acme)s",
            by=f"no privilege on table {table}",
        )
        for table, columns in _WHOSE.items()
        for column, value in columns.items()
    ),
    attack(
        "moves a wallet to another owner through an upsert",
        "INSERT INTO wallets_wallet (id, owner_id, organization_id, account_id) SELECT id,"
        " %(charlie_user)s, organization_id, account_id FROM wallets_wallet"
        " WHERE id = %(shop_wallet)s ON CONFLICT (id) DO UPDATE SET owner_id = excluded.owner_id",
        by="no privilege on table wallets_wallet",
    ),
    *(
        attack(
            f"reads {table} of another",
            f"SELECT FROM {table} WHERE organization_id = %(globex)s",
            by=UNSEEN,
        )
        for table in _UNREAD
    ),
    *(
        attack(f"reads {table} of its own", f"SELECT FROM {table}", by=UNSEEN)
        for table in _PLATFORM_ONLY
    ),
    attack(
        "decides about its own person",
        "INSERT INTO kyc_decision (id, organization_id, user_id, case_id)"
        " VALUES (gen_random_uuid(), %(acme)s, %(alice_user)s, %(acme_case)s)",
        by="row security of kyc_decision",
    ),
    attack(
        "answers for a provider about its own person",
        "INSERT INTO kyc_check (id, organization_id, case_id)"
        " VALUES (gen_random_uuid(), %(acme)s, %(acme_case)s)",
        by="row security of kyc_check",
    ),
    attack(
        "gives its own person a tier",
        "INSERT INTO kyc_standing (user_id, organization_id, case_id, tier)"
        " VALUES (%(alice_user)s, %(acme)s, %(acme_case)s, 0)",
        by="row security of kyc_standing",
    ),
    *(
        attack(
            f"changes {column} of what was sent in",
            f"UPDATE kyc_case SET {column} = {value} {_SENT_IN}",
            by=_STILL,
        )
        for column, value in (
            ("sealed_legal_name", "sealed_id_number"),
            ("sealed_date_of_birth", "sealed_id_number"),
            ("sealed_id_number", "sealed_legal_name"),
            ("submitted_at", "submitted_at - interval '1 year'"),
            ("reason", "'identity_confirmed'"),
            ("screening_at", "screening_at + interval '1 year'"),
        )
    ),
    attack(
        "appends to a document that was sent in", _CHUNK.format(99), by="kyc_document_stands_still"
    ),
    attack(
        "removes what was sent in",
        "DELETE FROM kyc_documentchunk WHERE document_id = %(acme_document)s",
        by="kyc_chunk_kept",
    ),
    attack(
        "gives a shredded person a key",
        "INSERT INTO accounts_datakey (id, organization_id, user_id, version, wrapped)"
        " VALUES (gen_random_uuid(), %(acme)s, %(erased_user)s, 9, 'x')",
        by="accounts_datakey_after_shredding",
    ),
    attack(
        "shreds the keys of the living",
        _SHRED,
        by="accounts_datakey_ends_with_its_owner",
    ),
    attack(
        "shreds the keys of the staff, while signing in",
        "UPDATE accounts_datakey SET wrapped = NULL, shredded_at = now()"
        " WHERE user_id = %(olga_user)s",
        by="accounts_datakey_ends_with_its_owner",
        sees=(),
        scope="sign_in",
    ),
    attack(
        "erases somebody and their keys without a record",
        "UPDATE accounts_user SET is_active = false WHERE id = %(alice_user)s",
        "UPDATE accounts_user SET email = 'erased-' || id || '@erased.invalid'"
        " WHERE id = %(alice_user)s",
        _SHRED,
        "SELECT set_config('vaultcraft.organizations', '{}', true)",
        by="accounts_datakey_shredding_on_record",
    ),
    attack(
        "shreds a key that something is sealed under, once it has a successor",
        _KEY.format("%(alice_user)s", 2, "NULL", _NONSENSE),
        f"{_SHRED} AND version = 1",
        by="accounts_datakey_ends_with_its_owner",
    ),
    attack(
        "shreds an organization's key",
        "UPDATE accounts_datakey SET wrapped = NULL, shredded_at = now()"
        " WHERE user_id IS NULL AND organization_id = %(acme)s",
        by="accounts_datakey_ends_with_its_owner",
    ),
    attack(
        "makes a key that is shredded already",
        _KEY.format("%(alice_user)s", 2, "now()", "NULL"),
        by="accounts_datakey_successor",
    ),
    attack(
        "makes the last key there can be",
        _KEY.format("%(alice_user)s", 2147483647, "NULL", _NONSENSE),
        by="accounts_datakey_successor",
    ),
    attack(
        "writes a byte over a key",
        f"{_WRAP} wrapped = '\\x00' {_OF_ALICE}",
        by="accounts_datakey_wrapped_again",
    ),
    attack(
        "writes nonsense over a key",
        f"{_WRAP} wrapped = {_NONSENSE} {_OF_ALICE}",
        by="accounts_datakey_wrapped_again",
    ),
    attack(
        "writes a byte over a key, as if it were rotated",
        f"{_WRAP} wrapped = '\\x00', master_version = master_version + 1 {_OF_ALICE}",
        by="accounts_datakey_wrapped",
    ),
    attack(
        "says that another master key wraps it",
        f"{_WRAP} master_version = master_version + 1 {_OF_ALICE}",
        by="accounts_datakey_wrapped",
    ),
)
