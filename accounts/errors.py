"""What this room refuses, each with the code that clients rely on."""

from __future__ import annotations

from kernel.errors import Kind, VaultCraftError


class InvalidCredentials(VaultCraftError):
    """Unknown e-mail, wrong password or closed account: deliberately one answer."""

    kind = Kind.UNAUTHENTICATED
    code = "invalid_credentials"
    title = "The e-mail or the password is wrong"


class InvalidAccessToken(VaultCraftError):
    """The access token is not ours, has expired, or its session has ended."""

    kind = Kind.UNAUTHENTICATED
    code = "invalid_access_token"
    title = "The access token is not valid"


class InvalidRefreshToken(VaultCraftError):
    """The refresh token is unknown, has expired, was used, or its session has ended."""

    kind = Kind.UNAUTHENTICATED
    code = "invalid_refresh_token"
    title = "The refresh token is not valid; sign in again"


class InvalidApiKey(VaultCraftError):
    """The API key is unknown, expired or revoked."""

    kind = Kind.UNAUTHENTICATED
    code = "invalid_api_key"
    title = "The API key is not valid"


class OrganizationSuspended(VaultCraftError):
    """The credentials are right, but the organization is suspended."""

    kind = Kind.FORBIDDEN
    code = "organization_suspended"
    title = "The organization is suspended"


class IllegalOrganizationStatus(VaultCraftError):
    """The organization cannot go from its status to the wanted one."""

    kind = Kind.CONFLICT
    code = "illegal_organization_status"
    title = "The organization is not in a status that allows this"


class InvalidInvitation(VaultCraftError):
    """The invitation is unknown, expired, withdrawn or already used."""

    kind = Kind.REFUSED
    code = "invalid_invitation"
    title = "The invitation is not valid"


class FormerMemberPasswordRequired(VaultCraftError):
    """The address is a removed person's, who comes back with the password they had, or not."""

    kind = Kind.REFUSED
    code = "former_member_password_required"
    title = "A former member joins again with the old password"


class EmailTaken(VaultCraftError):
    """Somebody already signs in with this address."""

    kind = Kind.CONFLICT
    code = "email_taken"
    title = "This e-mail address is already in use"


class AlreadyMember(VaultCraftError):
    """The invited person is in the organization already."""

    kind = Kind.CONFLICT
    code = "already_member"
    title = "This person is already a member"


class LastOwner(VaultCraftError):
    """An organization keeps at least one owner."""

    kind = Kind.CONFLICT
    code = "last_owner"
    title = "An organization needs at least one owner"


class InvalidProfile(VaultCraftError):
    """A name, address, country or currency cannot be accepted as written."""

    kind = Kind.REFUSED
    code = "invalid_profile"
    title = "The details are not valid"


class WeakPassword(VaultCraftError):
    """The password is too short, too long, too common or too close to the person's details."""

    kind = Kind.REFUSED
    code = "weak_password"
    title = "Choose a stronger password"


class InvalidScopes(VaultCraftError):
    """The list of API-key scopes is empty or names an unknown one."""

    kind = Kind.REFUSED
    code = "invalid_scopes"
    title = "The scopes are not valid"


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


class RoleChangedMeanwhile(VaultCraftError):
    """The role is no longer what it was when somebody asked to change it."""

    kind = Kind.CONFLICT
    code = "role_changed_meanwhile"
    title = "The role has changed since this was asked for"


class DataShredded(VaultCraftError):
    """The person's keys are gone: what was sealed cannot be read, and nothing new is sealed."""

    kind = Kind.CONFLICT
    code = "data_shredded"
    title = "This person's data was erased"


class PersonStillActive(VaultCraftError):
    """Only a closed account can be erased."""

    kind = Kind.CONFLICT
    code = "person_still_active"
    title = "The account is still open"


class PhoneNotFound(VaultCraftError):
    """The person has no phone number here."""

    kind = Kind.NOT_FOUND
    code = "phone_not_found"
    title = "There is no phone number"
