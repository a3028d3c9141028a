"""Who is really calling, when our own proxies stand in front."""

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]


class ClientAddressMiddleware:
    """Put the client's address into REMOTE_ADDR.

    Each proxy of ours appends the peer it saw to `X-Forwarded-For`, so with N of them the N-th
    entry from the right is the client; what stands left of it was written by anybody.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Rewrite the address, then go on."""
        proxies = settings.VAULTCRAFT_PROXIES
        hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        client = _address(hops[-proxies]) if proxies and len(hops) >= proxies else None
        if client is not None:
            request.META["REMOTE_ADDR"] = client
        return self.get_response(request)


def _address(text: str) -> str | None:
    """The address in an entry; None unless it is one: no other text reaches rows, logs and keys."""
    try:
        return str(ipaddress.ip_address(text.strip()))
    except ValueError:
        return None
