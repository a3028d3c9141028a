"""Why a stream is not opened."""

from __future__ import annotations

from kernel.errors import Kind, VaultCraftError


class NoSession(VaultCraftError):
    """The browser has no session that counts."""

    kind = Kind.UNAUTHENTICATED
    code = "no_session"
    title = "Sign in first"


class NothingHere(VaultCraftError):
    """The process serves one address."""

    kind = Kind.NOT_FOUND
    code = "nothing_here"
    title = "There is nothing here"


class CrossSite(VaultCraftError):
    """Another site's page asks, or by a name that is not ours."""

    kind = Kind.FORBIDDEN
    code = "cross_site"
    title = "Only pages of this site may follow the stream"


class TooManyStreams(VaultCraftError):
    """This person has as many streams open as one may have."""

    kind = Kind.LIMIT
    code = "too_many_streams"
    title = "You have too many pages open at once"
    retryable = True


class OrganizationFull(VaultCraftError):
    """The organization's people have as many streams open as those of one may have together."""

    kind = Kind.LIMIT
    code = "too_many_streams_of_organization"
    title = "Too many pages of your organization are open at once"
    retryable = True


class StreamsFull(VaultCraftError):
    """The process carries as many streams as it may. The page is right without one."""

    kind = Kind.UNAVAILABLE
    code = "streams_full"
    title = "Too many pages are followed at the moment; try again shortly"
    retryable = True


class StreamUnavailable(VaultCraftError):
    """Events or sessions cannot be read at the moment. The page is right without the stream."""

    kind = Kind.UNAVAILABLE
    code = "stream_unavailable"
    title = "Live updates are not available at the moment"
    retryable = True
