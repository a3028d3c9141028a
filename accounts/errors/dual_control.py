"""What is refused where an act takes a second person, and of the installation."""

from __future__ import annotations

from kernel.errors import Kind, PermissionDenied, VaultCraftError


class PendingActNotFound(VaultCraftError):
    """There is no such act, or none the actor may see."""

    kind = Kind.NOT_FOUND
    code = "pending_act_not_found"
    title = "There is no such pending act"


class PendingActDecided(VaultCraftError):
    """Somebody decided, or its maker withdrew it; `facts` say which."""

    kind = Kind.CONFLICT
    code = "pending_act_decided"
    title = "This act is decided already"


class PendingActExpired(VaultCraftError):
    """Nobody decided in time: it has to be asked for again."""

    kind = Kind.CONFLICT
    code = "pending_act_expired"
    title = "This act waited too long"


class OwnPendingAct(VaultCraftError):
    """The checker is who asks, or issued the API key that asks."""

    kind = Kind.FORBIDDEN
    code = "own_pending_act"
    title = "Another person has to decide this"


class MakerMayNoLonger(VaultCraftError):
    """Whoever asked was removed or has lost the permission meanwhile."""

    kind = Kind.REFUSED
    code = "maker_may_no_longer"
    title = "Whoever asked for this may not do it any more"


class NobodyToCheck(VaultCraftError):
    """There would be nobody to agree: acts would wait for ever."""

    kind = Kind.CONFLICT
    code = "nobody_to_check"
    title = "This needs a second person who could agree"


class OfficersByRoleOnly(VaultCraftError):
    """Where roles take a second person, officers are invited as members and made officers then."""

    kind = Kind.REFUSED
    code = "officers_by_role_only"
    title = "Invite them as a member, then ask for the role"


class InvalidSetting(VaultCraftError):
    """The setting does not exist or does not take this value."""

    kind = Kind.REFUSED
    code = "invalid_setting"
    title = "The setting does not take this value"


class RegistrationClosed(VaultCraftError):
    """The operator takes no new organizations at present."""

    kind = Kind.FORBIDDEN
    code = "registration_closed"
    title = "Registration is closed at present"


class MoneyReadOnly(VaultCraftError):
    """Maintenance: money can be looked at and does not move."""

    kind = Kind.UNAVAILABLE
    code = "money_read_only"
    title = "Money does not move at present; try again later"
    retryable = True


class LastStaff(VaultCraftError):
    """The platform keeps at least one active super admin."""

    kind = Kind.CONFLICT
    code = "last_super_admin"
    title = "The platform needs at least one super admin"


class ChangedMeanwhile(VaultCraftError):
    """What the act replaces is no longer what it was when somebody asked."""

    kind = Kind.CONFLICT
    code = "changed_meanwhile"
    title = "What this replaces has changed since it was asked for"


class BeneficiaryOfPendingAct(PermissionDenied):
    """The act gives the checker a role, or pays them: somebody else has to agree to it."""

    code = "beneficiary_of_pending_act"
    title = "Somebody whom this does not concern has to decide it"


class CheckerIsOwnInvitee(PermissionDenied):
    """One of the two lately brought in the other, or somebody lately brought in both."""

    code = "checker_lately_made_by_maker"
    title = "Somebody who was not lately brought in by or with the one who asks has to decide this"


class MadeInEndedSession(VaultCraftError):
    """Its maker's session was ended, or account taken back since: it may have been a thief."""

    kind = Kind.REFUSED
    code = "made_in_ended_session"
    title = "The session this was asked for in, or its maker's account, was secured since"


class RolesComeFirst(VaultCraftError):
    """While one person can make officers, one person can make somebody who agrees."""

    kind = Kind.CONFLICT
    code = "roles_come_first"
    title = "Making officers has to take a second person first"


class RoleNotLost(VaultCraftError):
    """Nobody lately took a role from the person that carries all that this one does."""

    kind = Kind.CONFLICT
    code = "role_not_lost"
    title = "The record tells of no such role that was taken from this person"


class RoleChangedMeanwhile(VaultCraftError):
    """The role is no longer what it was when somebody asked to change it."""

    kind = Kind.CONFLICT
    code = "role_changed_meanwhile"
    title = "The role has changed since this was asked for"
