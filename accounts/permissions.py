"""Who may do what: the one table. `accounts.policy` reads and judges by it.

`docs/permissions.md` is generated from here (`manage.py permissions_table`).
"""

from __future__ import annotations

import dataclasses

from accounts.choices import KeyScope, PlatformRole, Role


@dataclasses.dataclass(frozen=True, slots=True)
class Permission:
    """One row of the table: what it allows, and the roles and scopes that carry it.

    Whatever is added to the table and changes something gives power, unless its row says otherwise,
    or its name begins with `self.`, which is about oneself and takes any fresh proof. Giving power:
    people do it on a network they are known on, having lately proven an app or a passkey that
    counts (`accounts.services.factors.settling`).

    :param everyday: people of an organization do it without proving anew who they are, and from
        anywhere; what moves money among it is held up by the money's own rules.
    :param stops: what of it only stops something, in words, or `ALL_OF_IT`: that goes on from
        anywhere, with any fresh proof, so that nobody is kept from stopping a thief.
    :param moves_money: the network is judged with the money, which asks for the country too
        (`accounts.services.networks.require_trusted_network`).
    """

    summary: str
    roles: frozenset[Role] = frozenset()
    platform: frozenset[PlatformRole] = frozenset()
    scopes: frozenset[KeyScope] = frozenset()
    everyday: bool = False
    stops: str = ""
    moves_money: bool = False


ALL_OF_IT = "all of it"


OWNER, ADMIN, FINANCE, MEMBER, VIEWER = (
    Role.OWNER,
    Role.ADMIN,
    Role.FINANCE,
    Role.MEMBER,
    Role.VIEWER,
)
EVERYBODY = frozenset(Role)
MANAGERS = frozenset({OWNER, ADMIN})
OFFICERS = frozenset({OWNER, ADMIN, FINANCE})
READERS = frozenset({OWNER, ADMIN, FINANCE, VIEWER})
HOLDERS = frozenset({OWNER, ADMIN, FINANCE, MEMBER})

STAFF = frozenset(PlatformRole)
STAFF_ADMINS = frozenset({PlatformRole.ADMIN, PlatformRole.SUPER_ADMIN})
SUPER_ADMINS = frozenset({PlatformRole.SUPER_ADMIN})

READ_WALLETS = frozenset({KeyScope.WALLETS_READ})
WRITE_WALLETS = frozenset({KeyScope.WALLETS_WRITE})
READ_TRANSFERS = frozenset({KeyScope.TRANSFERS_READ})
WRITE_TRANSFERS = frozenset({KeyScope.TRANSFERS_WRITE})
READ_LEDGER = frozenset({KeyScope.LEDGER_READ})

PERMISSIONS: dict[str, Permission] = {
    "organizations.read": Permission("See the organization", EVERYBODY, STAFF),
    "organizations.activate": Permission("Let an organization move money", platform=STAFF_ADMINS),
    "organizations.suspend": Permission(
        "Stop an organization", platform=STAFF_ADMINS, stops=ALL_OF_IT
    ),
    "organizations.set_approval_policy": Permission(
        "Set from what amount on people approve what they move", frozenset({OWNER})
    ),
    "organizations.set_countries": Permission(
        "Set from which countries people may move money", MANAGERS
    ),
    "self.change_password": Permission("Give oneself a new password", EVERYBODY, STAFF),
    "self.manage_factors": Permission(
        "Add and remove one's own second factors, get new recovery codes", EVERYBODY, STAFF
    ),
    "self.set_pin": Permission("Give oneself a first PIN", EVERYBODY, STAFF),
    "self.change_phone": Permission("Set or remove one's own phone number", EVERYBODY, STAFF),
    "self.trust_device": Permission("Trust a device of one's own", EVERYBODY, STAFF),
    "self.reveal": Permission("See in clear what is masked of one's own", EVERYBODY, STAFF),
    "self.choose_notices": Permission(
        "Choose what one is told of in the app and by e-mail", EVERYBODY, STAFF
    ),
    "people.read": Permission("See who belongs to the organization", READERS, STAFF),
    "members.invite": Permission(
        "Invite a person and withdraw an invitation", MANAGERS, stops="withdrawing"
    ),
    "members.change_role": Permission("Change a colleague's role", MANAGERS),
    "members.remove": Permission(
        "Remove a colleague", MANAGERS, stops="removing somebody who is no officer"
    ),
    "people.reset_factors": Permission(
        "Ask that a person's lost second factors are reset, or agree to it",
        MANAGERS,
        SUPER_ADMINS,
        stops="refusing",
    ),
    "people.shred": Permission(
        "Erase what is encrypted of a removed person, or agree to it",
        platform=SUPER_ADMINS,
        stops="refusing",
    ),
    "people.restore": Permission(
        "Ask that a removed or demoted person gets a role back, or agree to it",
        platform=SUPER_ADMINS,
        stops="refusing",
    ),
    "sessions.revoke_any": Permission(
        "End somebody else's session", MANAGERS, STAFF_ADMINS, stops=ALL_OF_IT
    ),
    "staff.manage": Permission(
        "Add platform staff, change their roles, close their accounts, end their sessions, and"
        " agree to roles and closings",
        platform=SUPER_ADMINS,
        stops="closing a moderator's account, ending sessions, refusing",
    ),
    "api_keys.read": Permission("See API keys, never their secrets", MANAGERS, STAFF),
    "api_keys.issue": Permission("Issue an API key", MANAGERS, STAFF_ADMINS),
    "api_keys.issue_cash": Permission(
        "Issue an API key with the scope cash:write", platform=STAFF_ADMINS
    ),
    "api_keys.issue_debit_any": Permission(
        "Issue an API key with the scope wallets:debit-any", frozenset({OWNER}), STAFF_ADMINS
    ),
    "api_keys.revoke": Permission(
        "Revoke an API key", MANAGERS, STAFF_ADMINS, everyday=True, stops=ALL_OF_IT
    ),
    "wallets.read": Permission("See one's own wallets", EVERYBODY, STAFF, READ_WALLETS),
    "wallets.read_all": Permission(
        "See every wallet of the organization", READERS, STAFF, READ_WALLETS
    ),
    "wallets.open": Permission(
        "Open a wallet for oneself", HOLDERS, scopes=WRITE_WALLETS, everyday=True
    ),
    "wallets.open_any": Permission(
        "Open a wallet for the organization or a colleague",
        OFFICERS,
        scopes=WRITE_WALLETS,
        everyday=True,
    ),
    "wallets.freeze": Permission(
        "Freeze a wallet", OFFICERS, STAFF, WRITE_WALLETS, everyday=True, stops=ALL_OF_IT
    ),
    # No key does: what it gives back is power, and a key has neither factor nor network.
    "wallets.unfreeze": Permission("Unfreeze a wallet", OFFICERS, STAFF_ADMINS),
    "wallets.suspend": Permission(
        "Suspend a wallet, or lift that", platform=STAFF_ADMINS, stops="suspending"
    ),
    "wallets.close": Permission(
        "Close an empty wallet", OFFICERS, STAFF_ADMINS, WRITE_WALLETS, everyday=True
    ),
    "transfers.read": Permission(
        "See transfers of one's own wallets", EVERYBODY, STAFF, READ_TRANSFERS
    ),
    "transfers.read_all": Permission(
        "See every transfer of the organization", READERS, STAFF, READ_TRANSFERS
    ),
    "transfers.create": Permission(
        "Send money from one's own wallet",
        HOLDERS,
        scopes=WRITE_TRANSFERS,
        everyday=True,
        moves_money=True,
    ),
    "transfers.debit_organization": Permission(
        "Send money from the organization's own wallets",
        OFFICERS,
        scopes=WRITE_TRANSFERS,
        everyday=True,
        moves_money=True,
    ),
    "transfers.debit_any": Permission(
        "Send money from a colleague's wallet",
        scopes=frozenset({KeyScope.WALLETS_DEBIT_ANY}),
        everyday=True,
        moves_money=True,
    ),
    "transfers.reverse": Permission(
        "Give back money that reached a colleague's wallet",
        OFFICERS,
        STAFF_ADMINS,
        everyday=True,
        moves_money=True,
        stops="refusing",
    ),
    "holds.void_any": Permission(
        "Void a hold on a colleague's wallet, never capture it",
        OFFICERS,
        STAFF_ADMINS,
        everyday=True,
        stops=ALL_OF_IT,
    ),
    "wallets.read_terms": Permission("See fees and limits", EVERYBODY, STAFF, READ_WALLETS),
    "wallets.set_fees": Permission(
        "Set what payments cost", frozenset({OWNER, FINANCE}), STAFF_ADMINS, stops="refusing"
    ),
    "wallets.set_limits": Permission(
        "Set how much wallets may spend", platform=STAFF_ADMINS, stops="refusing"
    ),
    "cash.move": Permission(
        "Record deposits and withdrawals",
        platform=STAFF_ADMINS,
        scopes=frozenset({KeyScope.CASH_WRITE}),
        moves_money=True,
        stops="refusing",
    ),
    "kyc.apply": Permission("Prove one's own identity", EVERYBODY, everyday=True),
    "kyc.review": Permission(
        "See who proves an identity, refuse, ask for more",
        platform=STAFF,
        stops="refusing, asking for more",
    ),
    "kyc.open": Permission(
        "Open documents and see in clear what is sealed of who proves an identity",
        platform=STAFF,
    ),
    "kyc.approve": Permission(
        "Give somebody a tier, or take it back", platform=STAFF_ADMINS, stops="taking it back"
    ),
    "ledger.read": Permission(
        "See ledger accounts, transactions and the trial balance", READERS, STAFF, READ_LEDGER
    ),
    "ledger.set_clearing_cap": Permission(
        "Set how much may be owed across organizations",
        frozenset({OWNER, FINANCE}),
        STAFF_ADMINS,
        stops="refusing",
    ),
    "ledger.manage_periods": Permission(
        "Open, close and withdraw periods of the books", frozenset({OWNER, FINANCE}), STAFF_ADMINS
    ),
    "ledger.manage_chart": Permission(
        "Add to the chart of accounts, rename and close what was added",
        frozenset({OWNER, FINANCE}),
        STAFF_ADMINS,
    ),
    "ledger.post_journal": Permission(
        "Post and reverse entries by hand",
        frozenset({OWNER, FINANCE}),
        STAFF_ADMINS,
        stops="refusing",
        moves_money=True,
    ),
    "dual_control.read": Permission(
        "See every act of the organization that waits for a second person", READERS, STAFF
    ),
    "dual_control.check_payments": Permission(
        "Agree to a colleague's payment above the threshold",
        OFFICERS,
        stops="refusing",
    ),
    "dual_control.check_roles": Permission(
        "Agree to making somebody an officer, demoting or removing one",
        MANAGERS,
        SUPER_ADMINS,
        stops="refusing",
    ),
    "dual_control.check_keys": Permission(
        "Agree to an API key that moves money", MANAGERS, STAFF_ADMINS, stops="refusing"
    ),
    "dual_control.set_policy": Permission(
        "Say which acts take a second person", frozenset({OWNER})
    ),
    "dual_control.check_policy": Permission(
        "Agree to fewer acts taking a second person", OFFICERS, SUPER_ADMINS, stops="refusing"
    ),
    "organizations.manage": Permission(
        "Change the time zone and the wallet policy", frozenset({OWNER})
    ),
    "audit.read": Permission("See the audit record", OFFICERS, STAFF),
    "events.read": Permission("See the outbox", OFFICERS, STAFF),
    "events.replay": Permission(
        "Give dead letters to their consumers again or discard them, or agree to that",
        platform=STAFF_ADMINS,
        stops="refusing",
    ),
    "payouts.mend": Permission(
        "Say what becomes of a payout that is stuck, or agree to that",
        platform=STAFF_ADMINS,
        stops="refusing",
    ),
    "webhooks.read": Permission(
        "See webhook endpoints and what was sent to them, never their secrets", OFFICERS, STAFF
    ),
    "webhooks.manage": Permission(
        "Have events sent to a server, change and enable that, rotate its secret, send again",
        MANAGERS,
        stops="pausing, removing",
    ),
    "events.read_delivery": Permission(
        "See how events are carried: relay, streams, consumers, failed deliveries", platform=STAFF
    ),
    "mail.read": Permission("See mail that waits or failed, never what is in it", platform=STAFF),
    "admin.open": Permission("Use the staff site", OFFICERS, STAFF),
    "system.read": Permission("See schedules and system settings", platform=SUPER_ADMINS),
    "system.manage": Permission(
        "Change system settings, or agree to that; rotate keys",
        platform=SUPER_ADMINS,
        stops="refusing",
    ),
}
