"""Addresses of the internet: reading them, and what of one tells a household from another."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# A provider gives a household or a site 2**64 addresses or more, and its machines change theirs
# daily within them (RFC 8981): only the first half says where somebody is.
_IPV6_BITS = 64


def client_ip(meta: Mapping[str, Any]) -> str | None:
    """Who is calling, of a request's ``META``; every door asks here.

    It is what `ClientAddressMiddleware` made of the peer and of what our own proxies said; None
    where there was no socket.
    """
    return meta.get("REMOTE_ADDR") or None


def address_of(text: str) -> Address | None:
    """The address that a text is, without brackets, zone or mapping; None if it is none.

    ``::ffff:203.0.113.7`` is the IPv4 address in another coat, and is given as that.
    """
    try:
        found = ipaddress.ip_address(text.strip().removeprefix("[").removesuffix("]"))
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv4Address):
        return found
    return found.ipv4_mapped or ipaddress.IPv6Address(found.packed)


def network_of(text: str) -> str | None:
    """The network in which an address counts as one place: exactly it, or the /64 around it.

    ``203.0.113.7`` gives ``203.0.113.7/32``; ``2001:db8::5:6`` gives ``2001:db8::/64``.
    """
    address = address_of(text)
    if address is None:
        return None
    bits = address.max_prefixlen if address.version == 4 else _IPV6_BITS
    return str(ipaddress.ip_network((address.packed, bits), strict=False))
