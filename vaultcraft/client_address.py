"""Who is really calling, when our own proxies stand in front."""

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
        if proxies and len(hops) >= proxies and hops[-proxies].strip():
            request.META["REMOTE_ADDR"] = hops[-proxies].strip()
        return self.get_response(request)
