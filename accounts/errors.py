"""What this room refuses, each with the code that clients rely on."""

from __future__ import annotations

from accounts.approval_errors import (
    ApprovalExpired as ApprovalExpired,
)
from accounts.approval_errors import (
    ApprovalMismatch as ApprovalMismatch,
)
from accounts.approval_errors import (
    ApprovalOfOtherSession as ApprovalOfOtherSession,
)
from accounts.approval_errors import (
    ApprovalRefused as ApprovalRefused,
)
from accounts.approval_errors import (
    ApprovalRequired as ApprovalRequired,
)
from accounts.approval_errors import (
    ApprovalUnknown as ApprovalUnknown,
)
from accounts.approval_errors import (
    ApprovalUsed as ApprovalUsed,
)
from accounts.approval_errors import (
    InvalidPinReset as InvalidPinReset,
)
from accounts.approval_errors import (
    PinAlreadySet as PinAlreadySet,
)
from accounts.approval_errors import (
    PinLocked as PinLocked,
)
from accounts.approval_errors import (
    PinNotSet as PinNotSet,
)
from accounts.approval_errors import (
    PinsRefused as PinsRefused,
)
from accounts.approval_errors import (
    WeakPin as WeakPin,
)
from accounts.approval_errors import (
    WrongPin as WrongPin,
)
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


class NetworkNotTrusted(VaultCraftError):
    """Money does not move from a network the person was never seen on, for half an hour.

    `opens_at` among the facts is when it will; null: only the e-mailed link opens it.
    """

    kind = Kind.REFUSED
    code = "network_not_trusted"
    title = "Money cannot be moved from this network yet"


class CountryNotAllowed(VaultCraftError):
    """The organization lets its people move money from some countries, and this is none of them."""

    kind = Kind.REFUSED
    code = "country_not_allowed"
    title = "Money cannot be moved from this country"


class CountriesUnknown(VaultCraftError):
    """Nothing here can tell countries apart: no GeoIP file is configured, or it cannot be read."""

    kind = Kind.REFUSED
    code = "countries_unknown"
    title = "This installation cannot tell from which country somebody comes"


class InvalidNetworkLink(VaultCraftError):
    """The link is unknown, used, older than half an hour, or somebody else's."""

    kind = Kind.REFUSED
    code = "invalid_network_link"
    title = "The link is not valid; ask for another"


class NetworkLinkTooSoon(VaultCraftError):
    """A link was e-mailed a moment ago."""

    kind = Kind.CONFLICT
    code = "network_link_too_soon"
    title = "A link was sent a moment ago; look into your mail"
    retryable = True


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


class SecondFactorRefused(VaultCraftError):
    """The code or passkey does not fit: wrong, used before, or another person's."""

    kind = Kind.FORBIDDEN
    code = "second_factor_refused"
    title = "That does not prove it is you"


class ChallengeEnded(VaultCraftError):
    """The challenge is unknown, expired, answered, used up or another device's."""

    kind = Kind.REFUSED
    code = "challenge_ended"
    title = "This challenge cannot be answered any more; begin again"


class TooManyFactorTries(VaultCraftError):
    """A person's wrong answers, or their codes by e-mail, have reached the cap for a while."""

    kind = Kind.LIMIT
    code = "too_many_factor_tries"
    title = "Too many tries; wait a while"


class OneTimeCodesUnavailable(VaultCraftError):
    """Codes by e-mail live in the cache, which cannot be reached: nobody gets in by one."""

    kind = Kind.UNAVAILABLE
    code = "one_time_codes_unavailable"
    title = "Codes by e-mail are not available at the moment"
    retryable = True


class FactorNotOffered(VaultCraftError):
    """The challenge does not take this method of proof."""

    kind = Kind.REFUSED
    code = "factor_not_offered"
    title = "This challenge does not take that method"


class StepUpRequired(VaultCraftError):
    """The session has not proven a second factor recently enough for this act."""

    kind = Kind.FORBIDDEN
    code = "step_up_required"
    title = "Confirm that it is you first"


class EnrollmentNotBegun(VaultCraftError):
    """There is nothing to confirm: enrolling never began, was replaced, or is done."""

    kind = Kind.CONFLICT
    code = "enrollment_not_begun"
    title = "Begin adding the factor first"


class PasskeyRefused(VaultCraftError):
    """The browser's answer does not make a passkey for this person on this site."""

    kind = Kind.REFUSED
    code = "passkey_refused"
    title = "This passkey cannot be added"


class LastStrongFactor(VaultCraftError):
    """Whose role needs an authenticator app or a passkey keeps at least one."""

    kind = Kind.CONFLICT
    code = "last_strong_factor"
    title = "Your role needs an authenticator app or a passkey; add another first"


class TooManyPasskeys(VaultCraftError):
    """A person has a bounded number of passkeys."""

    kind = Kind.CONFLICT
    code = "too_many_passkeys"
    title = "You have as many passkeys as one can have"


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


class EmailNotConfirmed(VaultCraftError):
    """Until the address is confirmed a person may look, and nothing else."""

    kind = Kind.FORBIDDEN
    code = "email_not_confirmed"
    title = "Confirm your e-mail address first"


class InvalidLink(VaultCraftError):
    """The link out of a mail is unknown, for something else, used, replaced or expired."""

    kind = Kind.REFUSED
    code = "invalid_link"
    title = "The link is not valid any more"


class WrongPassword(VaultCraftError):
    """The present password does not fit, or it was tried too often."""

    kind = Kind.REFUSED
    code = "wrong_password"
    title = "The present password is wrong"


class TooManyAttempts(VaultCraftError):
    """Too many passwords were wrong from this network, whoever they were for."""

    kind = Kind.LIMIT
    code = "too_many_attempts"
    title = "Too many failed sign-ins from your network; try again later"
    retryable = True


class TooManyMails(VaultCraftError):
    """The mail was asked for too often."""

    kind = Kind.LIMIT
    code = "too_many_mails"
    title = "We have sent this mail already; try again later"
    retryable = True


class PhoneNotFound(VaultCraftError):
    """The person has no phone number here."""

    kind = Kind.NOT_FOUND
    code = "phone_not_found"
    title = "There is no phone number"
