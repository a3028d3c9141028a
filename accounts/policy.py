"""Who may do what: functions that read the one table, `accounts.permissions`.

Nothing in this file asks the database: whether an organization is active, or a wallet one's own, is
decided where that row is read.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection

from accounts.choices import Exemption, KeyScope, Role
from accounts.errors import EmailNotConfirmed, SettledFactorRequired, StepUpRequired
from accounts.permissions import ALL_OF_IT, OFFICERS, PERMISSIONS, STAFF, STAFF_ADMINS, Permission
from accounts.proof import RECENTLY, is_strong
from kernel.actor import Actor, ActorKind, Door
from kernel.errors import InvariantBroken, PermissionDenied

# The doors through which people come, each with a session.
DOORS_OF_PEOPLE = frozenset({Door.API, Door.WEB, Door.ADMIN})

# Scopes that take more than the right to issue a key.
_TO_ISSUE = {
    KeyScope.CASH_WRITE: "api_keys.issue_cash",
    KeyScope.WALLETS_DEBIT_ANY: "api_keys.issue_debit_any",
}

# Programs type no PIN, and cash at bank has left before it is recorded: decisions 35 and 53.
_EXEMPT = {
    KeyScope.TRANSFERS_WRITE: Exemption.APPROVALS,
    KeyScope.WALLETS_DEBIT_ANY: Exemption.APPROVALS,
    KeyScope.CASH_WRITE: Exemption.DUAL_CONTROL,
}


# Scopes whose keys take a second person: of staff, who issue them for others, all that change a
# wallet; of officers, those that pay.
_WEIGHTY_BY_STAFF = frozenset(
    {
        KeyScope.CASH_WRITE,
        KeyScope.WALLETS_DEBIT_ANY,
        KeyScope.TRANSFERS_WRITE,
        KeyScope.WALLETS_WRITE,
    }
)
_WEIGHTY_BY_OFFICERS = frozenset({KeyScope.TRANSFERS_WRITE, KeyScope.WALLETS_DEBIT_ANY})


def is_weighty(scopes: Collection[str], *, by_staff: bool) -> bool:
    """Whether a key with these scopes takes a second person, where such acts do."""
    weighty = _WEIGHTY_BY_STAFF if by_staff else _WEIGHTY_BY_OFFICERS
    return any(scope in weighty for scope in scopes)


def exemptions_of(scopes: Collection[str]) -> list[Exemption]:
    """What a key with these scopes does without a check that people meet, each once."""
    return sorted({exempt for scope, exempt in _EXEMPT.items() if scope in scopes})


def may(actor: Actor, permission: str) -> bool:
    """Whether the actor carries the permission. The program itself may do everything.

    Somebody whose address is not confirmed yet may look, whatever the role, and nothing else. The
    platform's staff who proved no more than their mailbox may do what is about themselves.

    :raises InvariantBroken: if no such permission is in the table.
    """
    waits = _waits_for_address(actor, permission) or _waits_for_strong_proof(actor, permission)
    return _carries(actor, permission) and not waits


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
        raise _step_up(strong=_waits_for_strong_proof(actor, permission))
    if not _is_settled(actor, permission, stopping=stopping):
        counts_from = actor.proof_counts_from
        raise SettledFactorRequired(
            facts={"counts_from": counts_from.isoformat() if counts_from else None}
        )


def require_more_than_mailbox(actor: Actor) -> None:
    """Go on only unless the actor is of staff and proved no more than their mailbox.

    For doors, before anything that is not about the actor.

    :raises StepUpRequired: otherwise.
    """
    if _proved_mailbox_alone(actor):
        raise _step_up(strong=True)


def _step_up(*, strong: bool) -> StepUpRequired:
    """With what has to be proven: within which time, and whether more than a mailed code."""
    return StepUpRequired(
        facts={
            "within_seconds": int(RECENTLY.total_seconds()),
            "takes_strong": strong,
        }
    )


def takes_fresh_proof(permission: str, *, platform: bool) -> bool:
    """Whether people prove a second factor anew for it; the platform's staff do for every act.

    Who acts about themselves (`self.`) does as well, and use cases ask: no door has to.
    """
    return not _looks(permission) and (platform or not _row(permission).everyday)


def gives_power(permission: str, *, platform: bool, stopping: bool = False) -> bool:
    """Whether it takes an app or a passkey that counts, and a network the person is known on.

    :param stopping: of the part that only stops something.
    :raises InvariantBroken: if no part of it does.
    """
    row = _row(permission)
    if stopping and not row.stops:
        raise InvariantBroken(f"nothing of {permission!r} only stops something")
    if stopping or row.stops == ALL_OF_IT or _is_about_oneself(permission):
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
    if _waits_for_strong_proof(actor, permission):
        return False
    staff = actor.platform_role is not None
    return actor.proven_lately or not takes_fresh_proof(permission, platform=staff)


def _waits_for_strong_proof(actor: Actor, permission: str) -> bool:
    return _proved_mailbox_alone(actor) and not _is_about_oneself(permission)


def _proved_mailbox_alone(actor: Actor) -> bool:
    """Staff see every organization: who holds a mailbox of theirs must not, at any door."""
    staff = actor.platform_role is not None and _comes_through_a_door(actor)
    return staff and not actor.proven_strongly


def _is_settled(actor: Actor, permission: str, *, stopping: bool) -> bool:
    """Whether what was proven counts already, where it has to."""
    if not _comes_through_a_door(actor):
        return True
    staff = actor.platform_role is not None
    return not gives_power(permission, platform=staff, stopping=stopping) or actor.proven_settled


def _comes_through_a_door(actor: Actor) -> bool:
    return actor.kind is ActorKind.USER and actor.door in DOORS_OF_PEOPLE


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


def touches_officer(*, before: str | None, role: str) -> bool:
    """Whether somebody gains or loses an officer's powers, or has others, by the second role."""
    return role != before and (role in OFFICER_ROLES or before in OFFICER_ROLES)


def carries_no_more(*, role: str, than: str) -> bool:
    """Whether whoever has the second role of an organization may all that the first one may."""
    return all(than in row.roles for row in PERMISSIONS.values() if role in row.roles)


STAFF_ADMIN_ROLES = frozenset(str(role) for role in STAFF_ADMINS)


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
