"""Other organizations' people, sessions, tokens and keys, and the looks before sign-in."""

from __future__ import annotations

from tests.attacks.field import UNSEEN
from tests.attacks.forging import Attack, attack

_TABLES = (
    "accounts_apikey",
    "accounts_approval",
    "accounts_datakey",
    "accounts_invitation",
    "accounts_organization",
    "accounts_pinreset",
    "accounts_refreshtoken",
    "accounts_signinsession",
    "accounts_transactionpin",
    "accounts_user",
    "kyc_case",
    "kyc_document",
    "kyc_documentchunk",
)
_STRANGE_SCOPES = ("directory", "owner", "SIGN_IN", "sign_in ", "PLATFORM")
# What the column privileges leave, done to a row of the other organization.
_CHANGES = (
    ("suspends another organization", "accounts_organization SET status = 'suspended'", "globex"),
    (
        "demotes a person of another organization",
        "accounts_user SET role = 'viewer'",
        "charlie_user",
    ),
    (
        "takes over a person by a hash of its own",
        "accounts_user SET password = 'x'",
        "charlie_user",
    ),
    (
        "removes a person of another organization",
        "accounts_user SET is_active = false",
        "charlie_user",
    ),
    (
        "ends another organization's session",
        "accounts_signinsession SET revoked_at = now(), revoked_reason = 'killed'",
        "globex_session",
    ),
    (
        "uses up another's refresh token",
        "accounts_refreshtoken SET used_at = now()",
        "globex_token",
    ),
    ("revokes another organization's key", "accounts_apikey SET revoked_at = now()", "globex_key"),
    (
        "spends another organization's approval",
        "accounts_approval SET consumed_at = now(), consumed_by = sha256('x')",
        "globex_approval",
    ),
    ("verifies another organization's person", "kyc_case SET state = 'approved'", "globex_case"),
    (
        "withdraws another organization's invitation",
        "accounts_invitation SET withdrawn_at = now()",
        "globex_invitation",
    ),
)
_SESSION = (
    "INSERT INTO accounts_signinsession (id, user_id, organization_id, door, user_agent, opened_at,"
    " last_seen_at, expires_at) VALUES (gen_random_uuid(), {}, {}, 'web', '', now(), now(),"
    " now() + interval '1 day')"
)
_TOKEN = (
    "INSERT INTO accounts_refreshtoken (id, session_id, organization_id, token_hash, issued_at,"
    " expires_at) VALUES (gen_random_uuid(), {}, {}, sha256('x'), now(), now() + interval '1 day')"
)

ATTACKS: tuple[Attack, ...] = (
    *(
        attack(f"reads {table} without a context", f"SELECT FROM {table}", by=UNSEEN, sees=())
        for table in _TABLES
    ),
    *(
        attack(
            f"reads another organization's {table}",
            f"SELECT FROM {table} WHERE"
            f" {'id' if table == 'accounts_organization' else 'organization_id'} = %(globex)s",
            by=UNSEEN,
        )
        for table in _TABLES
    ),
    attack(
        "reads the platform's staff",
        "SELECT FROM accounts_user WHERE id = %(olga_user)s",
        by=UNSEEN,
    ),
    *(
        attack(
            f"reads people under the scope {scope!r}",
            "SELECT FROM accounts_user",
            by=UNSEEN,
            sees=(),
            scope=scope,
        )
        for scope in _STRANGE_SCOPES
    ),
    *(
        attack(does, f"UPDATE {change} WHERE id = %({row})s", by=UNSEEN)
        for does, change, row in _CHANGES
    ),
    *(
        attack(
            f"{does}, while signing in",
            f"UPDATE {change} WHERE id = %({row})s",
            by=UNSEEN,
            sees=(),
            scope="sign_in",
        )
        for does, change, row in _CHANGES
    ),
    attack(
        "locks another organization",
        "SELECT FROM accounts_organization WHERE id = %(globex)s FOR UPDATE",
        by=UNSEEN,
    ),
    attack(
        "puts a person into another organization",
        "INSERT INTO accounts_user (id, organization_id) VALUES (gen_random_uuid(), %(globex)s)",
        by="row security of accounts_user",
    ),
    attack(
        "moves a person of its own into another organization",
        "UPDATE accounts_user SET organization_id = %(globex)s WHERE id = %(alice_user)s",
        by="no privilege on table accounts_user",
    ),
    attack(
        "makes platform staff while signing in",
        "INSERT INTO accounts_user (id, platform_role) VALUES (gen_random_uuid(), 'super_admin')",
        by="row security of accounts_user",
        sees=(),
        scope="sign_in",
    ),
    attack(
        "makes platform staff with its own view",
        "INSERT INTO accounts_user (id, platform_role) VALUES (gen_random_uuid(), 'super_admin')",
        by="row security of accounts_user",
    ),
    attack(
        "founds an organization that is not in view",
        "INSERT INTO accounts_organization (id, status, timezone)"
        " VALUES (gen_random_uuid(), 'pending', 'UTC')",
        by="row security of accounts_organization",
    ),
    attack(
        "issues a key in another organization",
        "INSERT INTO accounts_apikey (id, organization_id) VALUES (gen_random_uuid(), %(globex)s)",
        by="row security of accounts_apikey",
    ),
    attack(
        "invites into another organization",
        "INSERT INTO accounts_invitation (id, organization_id)"
        " VALUES (gen_random_uuid(), %(globex)s)",
        by="row security of accounts_invitation",
    ),
    attack(
        "approves in another organization",
        "INSERT INTO accounts_approval (id, organization_id)"
        " VALUES (gen_random_uuid(), %(globex)s)",
        by="accounts_approval_of_its_session",
    ),
    attack(
        "gives a person of another organization a PIN",
        "INSERT INTO accounts_transactionpin (user_id, organization_id)"
        " VALUES (%(charlie_user)s, %(globex)s)",
        by="accounts_transactionpin_of_its_person",
    ),
    attack(
        "begins a case in another organization",
        "INSERT INTO kyc_case (id, organization_id) VALUES (gen_random_uuid(), %(globex)s)",
        by="row security of kyc_case",
    ),
    attack(
        "takes another organization's document away",
        "DELETE FROM kyc_documentchunk WHERE document_id = %(globex_document)s",
        by=UNSEEN,
    ),
    attack(
        "signs a person of another organization in",
        _SESSION.format("%(charlie_user)s", "%(globex)s"),
        by="session_of_its_person",
    ),
    attack(
        "signs a person of another organization in under its own name",
        _SESSION.format("%(charlie_user)s", "%(acme)s"),
        by="session_of_its_person",
    ),
    attack(
        "signs a person of another organization in under its own name, with both in view",
        _SESSION.format("%(charlie_user)s", "%(acme)s"),
        by="session_of_its_person",
        sees=("acme", "globex"),
    ),
    attack(
        "signs a person in as if they were staff",
        _SESSION.format("%(charlie_user)s", "NULL"),
        by="session_of_its_person",
        sees=(),
        scope="sign_in",
    ),
    attack(
        "signs a person of another organization in, while signing in",
        _SESSION.format("%(charlie_user)s", "%(globex)s"),
        by="row security of accounts_signinsession",
        sees=(),
        scope="sign_in",
    ),
    attack(
        "hangs a refresh token of its own on another's session",
        _TOKEN.format("%(globex_session)s", "%(acme)s"),
        by="refresh_token_of_its_session",
    ),
    attack(
        "hangs a refresh token of nobody's on another's session, while signing in",
        _TOKEN.format("%(globex_session)s", "NULL"),
        by="refresh_token_of_its_session",
        sees=(),
        scope="sign_in",
    ),
    attack(
        "hangs a refresh token on another's session, while signing in",
        _TOKEN.format("%(globex_session)s", "%(globex)s"),
        by="row security of accounts_refreshtoken",
        sees=(),
        scope="sign_in",
    ),
    attack(
        "moves a session to a person of another organization",
        "UPDATE accounts_signinsession SET user_id = %(charlie_user)s",
        by="no privilege on table accounts_signinsession",
    ),
    attack(
        "asks for every session",
        "SELECT FROM accounts_live_session(NULL, now())",
        by=UNSEEN,
    ),
    attack(
        "asks for sessions that ended",
        "SELECT FROM accounts_live_session(%(globex_session)s, 'infinity')",
        by=UNSEEN,
    ),
    *(
        attack(
            f"asks for every key by {shown}", f"SELECT FROM accounts_api_key({shown})", by=UNSEEN
        )
        for shown in ("NULL", "''", "sha256('')")
    ),
    attack(
        "asks for the names of all organizations",
        "SELECT FROM accounts_display_name(NULL) AS name WHERE name IS NOT NULL",
        by=UNSEEN,
    ),
    attack(
        "keeps the view of a look at a session for a statement of its own",
        "SELECT FROM accounts_live_session(%(globex_session)s, now())",
        "SELECT FROM accounts_user WHERE id = %(charlie_user)s",
        by=UNSEEN,
    ),
    attack(
        "keeps the view of a look at a key for a statement of its own",
        "SELECT FROM accounts_api_key(sha256('x'))",
        "SELECT FROM accounts_apikey WHERE id = %(globex_key)s",
        by=UNSEEN,
    ),
    attack(
        "keeps the view of a look at a name for a statement of its own",
        "SELECT accounts_display_name(%(globex)s)",
        "SELECT FROM accounts_organization WHERE id = %(globex)s",
        by=UNSEEN,
    ),
    attack(
        "reads people inside the query that looks at a session",
        "SELECT FROM accounts_live_session(%(globex_session)s, now()) AS found"
        " JOIN accounts_user u ON u.id <> (found.person).id WHERE u.organization_id = %(globex)s",
        by=UNSEEN,
    ),
)
