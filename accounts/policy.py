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
from accounts.errors import EmailNotConfirmed, SettledFactorRequired, StepUpRequired
from accounts.proof import RECENTLY, is_strong
from kernel.actor import Actor, ActorKind, Door
from kernel.errors import InvariantBroken, PermissionDenied


@dataclasses.dataclass(frozen=True, slots=True)
class Permission:
    """One row of the table: what it allows, and the roles and scopes that carry it.

    Whatever is added to the table and changes something gives power, unless its row says otherwise:
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
    "people.read": Permission("See who belongs to the organization", READERS, STAFF),
    "members.invite": Permission(
        "Invite a person and withdraw an invitation", MANAGERS, stops="withdrawing"
    ),
    "members.change_role": Permission("Change a colleague's role", MANAGERS),
    "members.remove": Permission("Remove a colleague", MANAGERS, stops=ALL_OF_IT),
    "people.reset_factors": Permission(
        "Ask that a person's lost second factors are reset, or agree to it",
        MANAGERS,
        SUPER_ADMINS,
        stops="refusing",
    ),
    "people.shred": Permission(
        "Erase what is encrypted of a removed person", platform=SUPER_ADMINS
    ),
    "sessions.revoke_any": Permission(
        "End somebody else's session", MANAGERS, STAFF_ADMINS, stops=ALL_OF_IT
    ),
    "staff.manage": Permission(
        "Add platform staff, change their roles, close their accounts",
        platform=SUPER_ADMINS,
        stops="closing an account, ending sessions, refusing",
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
    "wallets.unfreeze": Permission(
        "Unfreeze a wallet", OFFICERS, STAFF_ADMINS, WRITE_WALLETS, everyday=True
    ),
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
        "See who proves an identity, open documents, refuse, ask for more",
        platform=STAFF,
        stops=ALL_OF_IT,
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
        "Agree to making somebody an officer", MANAGERS, SUPER_ADMINS, stops="refusing"
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
    "mail.read": Permission("See mail that waits or failed, never what is in it", platform=STAFF),
    "admin.open": Permission("Use the staff site", OFFICERS, STAFF),
    "system.manage": Permission(
        "See schedules and system settings, and set these", platform=SUPER_ADMINS, stops="refusing"
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


def require(actor: Actor, permission: str, *, stopping: bool = False) -> None:
    """Go on only if the actor carries the permission, and proved well enough who they are.

    To be asked by use cases. What gives power is asked for through `from_known_network`, which
    judges the place before the transaction opens and hands on an actor that carries it: a use case
    that forgets that works for nobody at a door.

    :param stopping: it is what the row says of what only stops something.
    :raises PermissionDenied: if it does not.
    :raises EmailNotConfirmed: if it would, once the address is confirmed.
    :raises StepUpRequired: if a person has to prove a second factor first.
    :raises SettledFactorRequired: if that has to be an app or a passkey that counts.
    :raises InvariantBroken: if nobody judged the place.
    """
    require_but_place(actor, permission, stopping=stopping)
    if asks_known_network(actor, permission, stopping=stopping) and not actor.place_judged:
        raise InvariantBroken(f"{permission!r} gives power, and nobody judged from where")


def require_but_place(actor: Actor, permission: str, *, stopping: bool = False) -> None:
    """As `require`, where the place is judged next, or nothing is done yet: doors and pages.

    :raises VaultCraftError: what `require` raises.
    """
    if not _carries(actor, permission):
        raise PermissionDenied(facts={"permission": permission})
    if _waits_for_address(actor, permission):
        raise EmailNotConfirmed(facts={"permission": permission})
    if not _is_proven(actor, permission):
        raise StepUpRequired(facts={"within_seconds": int(RECENTLY.total_seconds())})
    if not _is_settled(actor, permission, stopping=stopping):
        counts_from = actor.proof_counts_from
        raise SettledFactorRequired(
            facts={"counts_from": counts_from.isoformat() if counts_from else None}
        )


def takes_fresh_proof(permission: str, *, platform: bool) -> bool:
    """Whether people prove a second factor anew for it; the platform's staff do for every act."""
    return not _looks(permission) and (platform or not _row(permission).everyday)


def gives_power(permission: str, *, platform: bool, stopping: bool = False) -> bool:
    """Whether it takes an app or a passkey that counts, and a network the person is known on.

    :param stopping: of the part that only stops something.
    :raises InvariantBroken: if no part of it does.
    """
    row = _row(permission)
    if stopping and not row.stops:
        raise InvariantBroken(f"nothing of {permission!r} only stops something")
    if stopping or row.stops == ALL_OF_IT:
        return False
    return takes_fresh_proof(permission, platform=platform)


def asks_known_network(actor: Actor, permission: str, *, stopping: bool = False) -> bool:
    """Whether this actor's network is judged before it acts on the permission.

    Not where no client's address is known, as in commands and tasks: doors always know one. Nor for
    what moves money, with which the network is judged.
    """
    if actor.kind is not ActorKind.USER or actor.ip is None or _row(permission).moves_money:
        return False
    staff = actor.platform_role is not None
    return gives_power(permission, platform=staff, stopping=stopping)


def _is_proven(actor: Actor, permission: str) -> bool:
    """Fails closed: an actor of a door of people that carries no session has proven nothing."""
    if not _comes_through_a_door(actor):
        return True
    staff = actor.platform_role is not None
    if staff and not actor.proven_strongly and not _looks(permission):
        return False
    return actor.proven_lately or not takes_fresh_proof(permission, platform=staff)


def _is_settled(actor: Actor, permission: str, *, stopping: bool) -> bool:
    """Whether what was proven counts already, where it has to."""
    if not _comes_through_a_door(actor):
        return True
    staff = actor.platform_role is not None
    return not gives_power(permission, platform=staff, stopping=stopping) or actor.proven_settled


def _comes_through_a_door(actor: Actor) -> bool:
    return actor.kind is ActorKind.USER and actor.door in _DOORS_OF_PEOPLE


def _looks(permission: str) -> bool:
    """Permissions to look are called read...; opening the staff site is no act, either."""
    return permission.rpartition(".")[2].startswith("read") or permission == "admin.open"


def _waits_for_address(actor: Actor, permission: str) -> bool:
    """Who only looks need not have confirmed an address; everybody else waits, for new acts too."""
    return not actor.email_confirmed and not permission.rpartition(".")[2].startswith("read")


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
