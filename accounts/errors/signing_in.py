"""What signing in and staying in refuses."""

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


class WeakPassword(VaultCraftError):
    """The password is too short, too long, too common or too close to the person's details."""

    kind = Kind.REFUSED
    code = "weak_password"
    title = "Choose a stronger password"


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


class TooManyMails(VaultCraftError):
    """The mail was asked for too often."""

    kind = Kind.LIMIT
    code = "too_many_mails"
    title = "We have sent this mail already; try again later"
    retryable = True
