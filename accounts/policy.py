"""Who may do what: one table, and two functions that read it.

`docs/permissions.md` is generated from here (`manage.py permissions_table`). Nothing in this file
asks the database: whether an organization is active, or a wallet one's own, is decided where that
row is read.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Collection

from accounts.choices import KeyScope, PlatformRole, Role
from accounts.errors import EmailNotConfirmed, StepUpRequired
from accounts.proof import RECENTLY, is_strong
from kernel.actor import Actor, ActorKind, Door
from kernel.errors import InvariantBroken, PermissionDenied


@dataclasses.dataclass(frozen=True, slots=True)
class Permission:
    """One row of the table: what it allows, and the roles and scopes that carry it.

    :param everyday: people of an organization do it without proving anew who they are. It has to
        be said: whatever is added to the table and changes something takes a fresh proof.
    """

    summary: str
    roles: frozenset[Role] = frozenset()
    platform: frozenset[PlatformRole] = frozenset()
    scopes: frozenset[KeyScope] = frozenset()
    everyday: bool = False


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
    "organizations.suspend": Permission("Stop an organization", platform=STAFF_ADMINS),
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
    "people.read": Permission("See who belongs to the organization", READERS, STAFF),
    "members.invite": Permission("Invite a person and withdraw an invitation", MANAGERS),
    "members.change_role": Permission("Change a colleague's role", MANAGERS),
    "members.remove": Permission("Remove a colleague", MANAGERS),
    "people.reset_factors": Permission(
        "Ask that a person's lost second factors are reset, or agree to it",
        MANAGERS,
        SUPER_ADMINS,
    ),
    "people.shred": Permission(
        "Erase what is encrypted of a removed person", platform=SUPER_ADMINS
    ),
    "sessions.revoke_any": Permission("End somebody else's session", MANAGERS, STAFF_ADMINS),
    "staff.manage": Permission(
        "Add platform staff, change their roles, close their accounts, end their sessions, and"
        " agree to roles of theirs",
        platform=SUPER_ADMINS,
    ),
    "api_keys.read": Permission("See API keys, never their secrets", MANAGERS, STAFF),
    "api_keys.issue": Permission("Issue an API key", MANAGERS, STAFF_ADMINS),
    "api_keys.issue_cash": Permission(
        "Issue an API key with the scope cash:write", platform=STAFF_ADMINS
    ),
    "api_keys.issue_debit_any": Permission(
        "Issue an API key with the scope wallets:debit-any", frozenset({OWNER}), STAFF_ADMINS
    ),
    "api_keys.revoke": Permission("Revoke an API key", MANAGERS, STAFF_ADMINS, everyday=True),
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
    "wallets.freeze": Permission("Freeze a wallet", OFFICERS, STAFF, WRITE_WALLETS, everyday=True),
    "wallets.unfreeze": Permission(
        "Unfreeze a wallet", OFFICERS, STAFF_ADMINS, WRITE_WALLETS, everyday=True
    ),
    "wallets.suspend": Permission("Suspend a wallet, or lift that", platform=STAFF_ADMINS),
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
        "Send money from one's own wallet", HOLDERS, scopes=WRITE_TRANSFERS, everyday=True
    ),
    "transfers.debit_organization": Permission(
        "Send money from the organization's own wallets",
        OFFICERS,
        scopes=WRITE_TRANSFERS,
        everyday=True,
    ),
    "transfers.debit_any": Permission(
        "Send money from a colleague's wallet",
        scopes=frozenset({KeyScope.WALLETS_DEBIT_ANY}),
        everyday=True,
    ),
    "transfers.reverse": Permission(
        "Give back money that reached a colleague's wallet", OFFICERS, STAFF_ADMINS, everyday=True
    ),
    "holds.void_any": Permission(
        "Void a hold on a colleague's wallet, never capture it",
        OFFICERS,
        STAFF_ADMINS,
        everyday=True,
    ),
    "wallets.read_terms": Permission("See fees and limits", EVERYBODY, STAFF, READ_WALLETS),
    "wallets.set_fees": Permission(
        "Set what payments cost", frozenset({OWNER, FINANCE}), STAFF_ADMINS
    ),
    "wallets.set_limits": Permission("Set how much wallets may spend", platform=STAFF_ADMINS),
    "cash.move": Permission(
        "Record deposits and withdrawals",
        platform=STAFF_ADMINS,
        scopes=frozenset({KeyScope.CASH_WRITE}),
    ),
    "kyc.apply": Permission("Prove one's own identity", EVERYBODY, everyday=True),
    "kyc.review": Permission(
        "See who proves an identity, open documents, refuse, ask for more", platform=STAFF
    ),
    "kyc.approve": Permission("Give somebody a tier, or take it back", platform=STAFF_ADMINS),
    "ledger.read": Permission(
        "See ledger accounts, transactions and the trial balance", READERS, STAFF, READ_LEDGER
    ),
    "ledger.set_clearing_cap": Permission(
        "Set how much may be owed across organizations",
        frozenset({OWNER, FINANCE}),
        STAFF_ADMINS,
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
        "Post and reverse entries by hand", frozenset({OWNER, FINANCE}), STAFF_ADMINS
    ),
    "dual_control.read": Permission(
        "See every act of the organization that waits for a second person", READERS, STAFF
    ),
    "dual_control.check_payments": Permission(
        "Agree to a colleague's payment above the threshold", OFFICERS
    ),
    "dual_control.check_roles": Permission(
        "Agree to making somebody an officer", MANAGERS, SUPER_ADMINS
    ),
    "dual_control.set_policy": Permission(
        "Say which acts take a second person", frozenset({OWNER})
    ),
    "dual_control.check_policy": Permission(
        "Agree to fewer acts taking a second person", OFFICERS, SUPER_ADMINS
    ),
    "organizations.manage": Permission(
        "Change the time zone and the wallet policy", frozenset({OWNER})
    ),
    "audit.read": Permission("See the audit record", OFFICERS, STAFF),
    "events.read": Permission("See the outbox", OFFICERS, STAFF),
    "mail.read": Permission("See mail that waits or failed, never what is in it", platform=STAFF),
    "admin.open": Permission("Use the staff site", OFFICERS, STAFF),
    "system.read": Permission("See schedules and system settings", platform=SUPER_ADMINS),
    "system.manage": Permission(
        "Change system settings, or agree to that; rotate keys", platform=SUPER_ADMINS
    ),
}

# The doors through which people come, each with a session.
_DOORS_OF_PEOPLE = frozenset({Door.API, Door.WEB, Door.ADMIN})

# Scopes that take more than the right to issue a key.
_TO_ISSUE = {
    KeyScope.CASH_WRITE: "api_keys.issue_cash",
    KeyScope.WALLETS_DEBIT_ANY: "api_keys.issue_debit_any",
}


def may(actor: Actor, permission: str) -> bool:
    """Whether the actor carries the permission. The program itself may do everything.

    Somebody whose address is not confirmed yet may look, whatever the role, and nothing else.

    :raises InvariantBroken: if no such permission is in the table.
    """
    return _carries(actor, permission) and not _waits_for_address(actor, permission)


def _carries(actor: Actor, permission: str) -> bool:
    row = _row(permission)
    if actor.kind is ActorKind.SYSTEM:
        return True
    if actor.kind is ActorKind.API_KEY:
        return bool(row.scopes & actor.scopes)
    return role_may(role=actor.role, platform_role=actor.platform_role, permission=permission)


def require(actor: Actor, permission: str) -> None:
    """Go on only if the actor carries the permission, and proved well enough who they are.

    :raises PermissionDenied: if it does not.
    :raises EmailNotConfirmed: if it would, once the address is confirmed.
    :raises StepUpRequired: if a person has to prove a second factor first.
    """
    if not _carries(actor, permission):
        raise PermissionDenied(facts={"permission": permission})
    if _waits_for_address(actor, permission):
        raise EmailNotConfirmed(facts={"permission": permission})
    if not _is_proven(actor, permission):
        raise StepUpRequired(facts={"within_seconds": int(RECENTLY.total_seconds())})


def takes_fresh_proof(permission: str, *, platform: bool) -> bool:
    """Whether people prove a second factor anew for it; the platform's staff do for every act.

    Who acts about themselves (`self.`) does as well, and use cases ask: no door has to.
    """
    return not _looks(permission) and (platform or not _row(permission).everyday)


def _is_proven(actor: Actor, permission: str) -> bool:
    """Fails closed: an actor of a door of people that carries no session has proven nothing."""
    if actor.kind is not ActorKind.USER or actor.door not in _DOORS_OF_PEOPLE:
        return True
    staff = actor.platform_role is not None
    asks_strong = staff and not _looks(permission) and not _is_about_oneself(permission)
    if asks_strong and not actor.proven_strongly:
        return False
    return actor.proven_lately or not takes_fresh_proof(permission, platform=staff)


def _looks(permission: str) -> bool:
    """Permissions to look are called read...; opening the staff site is no act, either."""
    return permission.rpartition(".")[2].startswith("read") or permission == "admin.open"


def _is_about_oneself(permission: str) -> bool:
    """What keeps one's own account safe waits for no confirmed address, and staff add their first
    strong factor while they have none: so a proof is asked for, but any."""
    return permission.startswith("self.")


def _waits_for_address(actor: Actor, permission: str) -> bool:
    """Who only looks need not have confirmed an address; everybody else waits, for new acts too."""
    if actor.email_confirmed or _is_about_oneself(permission):
        return False
    return not permission.rpartition(".")[2].startswith("read")


def role_may(*, role: str | None, platform_role: str | None, permission: str) -> bool:
    """Whether a person with these roles carries the permission."""
    row = _row(permission)
    return role in row.roles or platform_role in row.platform


def needs_strong_factor(*, role: str | None, platform_role: str | None) -> bool:
    """Whether a person with these roles signs in with a second factor every time.

    They are led to have an authenticator app or a passkey, and cannot remove their last.
    """
    return role in OFFICERS or platform_role in STAFF


def proof_opens_admin(*, platform_role: str | None, second_factor: str | None) -> bool:
    """Whether a session with this proof may use the staff site, as far as the proof goes.

    Platform staff reach every organization, so a code by e-mail is not enough for them.
    """
    if platform_role is None:
        return second_factor is not None
    return is_strong(second_factor)


def may_grant(actor: Actor, role: str) -> bool:
    """Whether the actor may give this role, or touch somebody who has it: owners make owners."""
    return role != Role.OWNER or actor.role == Role.OWNER or actor.kind is ActorKind.SYSTEM


OFFICER_ROLES = frozenset(str(role) for role in OFFICERS)


def makes_officer(*, before: str | None, role: str) -> bool:
    """Whether a person with the first role gains an officer's powers by the second."""
    return role in OFFICER_ROLES and role != before


def permissions_to_issue(scopes: Collection[str]) -> frozenset[str]:
    """Every permission it takes to issue a key with these scopes."""
    special = {permission for scope, permission in _TO_ISSUE.items() if scope in scopes}
    return frozenset({"api_keys.issue", *special})


def role_may_invite(*, role: str | None, invited_as: str) -> bool:
    """Whether a member with the one role could invite somebody to have the other."""
    may_invite = role_may(role=role, platform_role=None, permission="members.invite")
    return may_invite and (invited_as != Role.OWNER or role == Role.OWNER)


def own_organization(actor: Actor) -> uuid.UUID:
    """The organization the actor acts in.

    :raises PermissionDenied: if it belongs to none (platform staff, the program, strangers).
    """
    if actor.organization_id is None:
        raise PermissionDenied("Only somebody of the organization can do this.")
    return actor.organization_id


def _row(permission: str) -> Permission:
    try:
        return PERMISSIONS[permission]
    except KeyError:
        raise InvariantBroken(f"no permission is called {permission!r}") from None
