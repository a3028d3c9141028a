"""A request for the stream, read out of what the server hands over."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from kernel.ids import encode, new_id
from web.live import PATH
from web.live.errors import CrossSite, NothingHere
from web.live.viewers import Caller

_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:\-]{0,63}", re.ASCII)
# `cross-site` and `same-site` are other origins; a browser that does not say has no such header.
_OURS = frozenset({"", "same-origin", "none"})
_LONGEST_ID = 64


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What of a request matters here.

    :param last_id: where its page resumes; empty: nowhere.
    """

    method: str
    path: str
    host: str
    site: str
    last_id: str
    request_id: str
    caller: Caller

    def judge(self) -> None:
        """Go on only if it asks for the stream, and from a page of ours.

        :raises NothingHere: for any other address or method.
        :raises CrossSite: for what another site's page asks.
        """
        if self.path != PATH or self.method != "GET":
            raise NothingHere()
        domain, _ = split_domain_port(self.host)
        if not validate_host(domain, settings.ALLOWED_HOSTS) or self.site not in _OURS:
            raise CrossSite()


def asked_of(scope: Mapping[str, Any]) -> Asked:
    """The request in this ASGI scope; headers that come twice count as they came last."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    given = headers.get("x-request-id", "")
    request_id = given if _REQUEST_ID.fullmatch(given) else encode("req", new_id())
    return Asked(
        method=scope["method"],
        path=scope["path"],
        host=headers.get("host", ""),
        site=headers.get("sec-fetch-site", ""),
        last_id=headers.get("last-event-id", "")[:_LONGEST_ID],
        request_id=request_id,
        caller=Caller(
            cookie=_cookie(headers.get("cookie", "")),
            ip=headers.get("x-vaultcraft-client"),
            request_id=request_id,
        ),
    )


def _cookie(text: str) -> str:
    """The session's cookie; empty where there is none, or none that can be read."""
    try:
        found = SimpleCookie(text).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return ""
    return found.value if found else ""
