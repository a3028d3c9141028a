"""Where a delivery may go: rules about URLs and addresses.

A webhook makes this server connect to wherever somebody says. So only public addresses are reached,
whatever name leads to them (OWASP ASVS 5.0, 1.3.6; the Server Side Request Forgery cheat sheet).
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from kernel.text import is_plain_line
from notifications.errors import InvalidWebhookUrl
from notifications.models.webhooks import URL_LENGTH

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Everything that is not unicast on the public internet is refused by what the addresses are for;
# these are public by the registry's word and serve a machine's own surroundings all the same.
_REFUSED_V4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "192.0.0.0/24",  # protocols' own, and metadata of a cloud; part of it counts as public
        "192.88.99.0/24",  # relays of 6to4 (RFC 7526)
        "168.63.129.16/32",  # metadata and DNS of a large cloud's machines
    )
)
# Only global unicast is assigned (2000::/3). Mapped (::ffff:0:0/96), translated (64:ff9b::/96),
# local, link-local and multicast addresses lie outside of it; these inside lead elsewhere, too.
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_REFUSED_V6 = tuple(
    ipaddress.IPv6Network(text)
    for text in (
        "2001::/23",  # Teredo and other protocols' own
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address inside
        "3fff::/20",  # documentation
    )
)


def is_allowed(address: Address, *, local: bool) -> bool:
    """Whether a delivery may connect to this address.

    :param local: loopback is allowed, too: on a developer's machine and in tests.
    """
    if local and address.is_loopback:
        return True
    if isinstance(address, ipaddress.IPv4Address):
        refused = any(address in network for network in _REFUSED_V4)
        return address.is_global and not address.is_multicast and not refused
    refused = any(address in network for network in _REFUSED_V6)
    return address in _GLOBAL_V6 and address.is_global and not refused


def checked_url(url: str, *, local: bool) -> str:
    """The URL as it came, if events can be sent to it.

    A name is not looked up here: what it leads to is judged whenever something is sent.

    :param local: plain HTTP and loopback are allowed, too.
    :raises InvalidWebhookUrl: if it is no absolute https URL, names a user, a fragment or an
        address that is not public.
    """
    reason = _wrong_with(url, local=local)
    if reason:
        raise InvalidWebhookUrl(reason, pointer="/url")
    return url


def _wrong_with(url: str, *, local: bool) -> str:
    if len(url) > URL_LENGTH or not url.isascii() or " " in url or not is_plain_line(url):
        return f"Give an address of at most {URL_LENGTH} ASCII characters, without spaces."
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "This is no address of a server."
    schemes = ("https", "http") if local else ("https",)
    if parts.scheme not in schemes or not parts.hostname or "\\" in url:
        return f"Give an address that begins with {schemes[0]}://."
    if parts.username is not None or parts.password is not None or "#" in url:
        return "Give an address without a user, a password and a fragment."
    if port == 0 or not _may_be_host(parts.hostname, local=local):
        return "Give the address of a server on the public internet."
    return ""


def _may_be_host(host: str, *, local: bool) -> bool:
    """A name, or an address that is allowed. Numbers in other coats (0x7f.1) are no names."""
    try:
        return is_allowed(ipaddress.ip_address(host), local=local)
    except ValueError:
        last = host.rstrip(".").rpartition(".")[2]
        return bool(last) and not last[0].isdigit() and "%" not in host
