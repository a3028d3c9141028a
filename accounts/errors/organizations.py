"""What organizations, their people and keys refuse."""

from __future__ import annotations

from kernel.errors import Kind, VaultCraftError


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


class InvalidScopes(VaultCraftError):
    """The list of API-key scopes is empty or names an unknown one."""

    kind = Kind.REFUSED
    code = "invalid_scopes"
    title = "The scopes are not valid"


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
