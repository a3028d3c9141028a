"""What is refused because of where a person is."""

from __future__ import annotations

from kernel.errors import Kind, VaultCraftError


class NetworkNotTrusted(VaultCraftError):
    """From a network the person was never seen on no money moves and nothing gives power over it.

    For half an hour. `opens_at` among the facts is when it is over; null: only the e-mailed link
    opens it.
    """

    kind = Kind.REFUSED
    code = "network_not_trusted"
    title = "This cannot be done from this network yet"


class CountryNotAllowed(VaultCraftError):
    """The organization lets its people move money from some countries, and this is none of them."""

    kind = Kind.REFUSED
    code = "country_not_allowed"
    title = "Money cannot be moved from this country"


class DeviceTooNew(VaultCraftError):
    """A device is trusted from one that is known for a day, or with a factor of a day's age."""

    kind = Kind.FORBIDDEN
    code = "device_too_new"
    title = "Do this on a device you have used for a day, or with a factor you have had as long"


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
