"""Connections to the one address that was judged, under the name of the server.

A name that leads to a public address when it is judged and to a private one when it is used (DNS
rebinding) gains nothing: it is looked up once, and what was judged is what is connected to. The
name stays in the `Host` header, in SNI and in the check of the certificate.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence

import httpx

from notifications.webhooks.targets import Address, is_allowed

# Of a name with many addresses so many are tried, one after the other.
MOST_ADDRESSES = 3

Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]


class Unresolved(Exception):
    """The name has no address."""


class AddressRefused(Exception):
    """One of the name's addresses is not one that deliveries may go to."""


async def resolve(host: str, port: int) -> Sequence[Address]:
    """The addresses of a name, in the order in which the system would try them.

    :raises Unresolved: if there are none, or nobody knows at present.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unresolved(host) from error
    return [ipaddress.ip_address(str(place[0]).partition("%")[0]) for *_, place in found]


class PinnedTransport(httpx.AsyncBaseTransport):
    """Sends one request: resolves once, judges, and connects to what it judged. No proxies."""

    def __init__(self, *, resolve: Resolve, context: ssl.SSLContext, local: bool) -> None:
        self._resolve = resolve
        self._local = local
        self._inner = httpx.AsyncHTTPTransport(
            verify=context, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
        )
        self.address: Address | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """As httpx's, to one of the judged addresses.

        :raises Unresolved: if the name has none.
        :raises AddressRefused: if any of them may not be reached.
        """
        host, port = request.url.host, request.url.port or _PORTS[request.url.scheme]
        addresses = await self._judged(host, port)
        for address in addresses[:-1]:
            try:
                return await self._sent(request, address, host)
            except httpx.ConnectError:
                continue  # nothing was sent yet
        return await self._sent(request, addresses[-1], host)

    async def aclose(self) -> None:
        """Close what is open."""
        await self._inner.aclose()

    async def _judged(self, host: str, port: int) -> Sequence[Address]:
        addresses = list(dict.fromkeys(await self._resolve(host, port)))
        if not addresses:
            raise Unresolved(host)
        refused = [one for one in addresses if not is_allowed(one, local=self._local)]
        if refused:
            raise AddressRefused(host)
        return addresses[:MOST_ADDRESSES]

    async def _sent(self, request: httpx.Request, address: Address, host: str) -> httpx.Response:
        self.address = address
        pinned = httpx.Request(
            request.method,
            request.url.copy_with(host=str(address)),
            headers=request.headers,  # with the name's Host
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": host},
        )
        return await self._inner.handle_async_request(pinned)


_PORTS = {"https": 443, "http": 80}
