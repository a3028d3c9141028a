"""Who is really calling, when our own proxies stand in front."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from kernel.addresses import Address, address_of

GetResponse = Callable[[HttpRequest], HttpResponse]

# Nobody calls from here (RFC 1122, section 3.2.1.3). Where no address is known, all of these are
# one network, which is trusted no sooner than any other.
UNKNOWN = "0.0.0.0"  # noqa: S104 - nothing is bound to it


class ClientAddressMiddleware:
    """Put the client's address into REMOTE_ADDR, in its one canonical form.

    Each proxy of ours appends the peer it saw to `X-Forwarded-For`, so with N of them the N-th
    entry from the right is the client; what stands left of it was written by anybody. A header with
    fewer entries did not come through all of them, and the peer itself counts. A socket without
    addresses, and an entry that is none, give `UNKNOWN`, never what somebody wrote.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Rewrite the address, then go on."""
        peer = request.META.get("REMOTE_ADDR", "")
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
        request.META["REMOTE_ADDR"] = client_address(peer=peer, forwarded=forwarded)
        return self.get_response(request)


def client_address(*, peer: str, forwarded: str) -> str:
    """The client's address, or `UNKNOWN`.

    :param forwarded: the header `X-Forwarded-For`; empty: there was none.
    """
    proxies = settings.VAULTCRAFT_PROXIES
    hops = forwarded.split(",")
    through = proxies and len(hops) >= proxies and hops[-proxies].strip()
    client = _entry(hops[-proxies]) if through else address_of(peer)
    return str(client) if client else UNKNOWN


def _entry(text: str) -> Address | None:
    """An entry of the header; some proxies append the port of the peer."""
    host, _, port = text.strip().rpartition(":")
    if port.isdecimal() and ("." in host or host.endswith("]")):
        return address_of(host)
    return address_of(text)
