"""What browsers are told on every answer, whoever made it: pages, errors, redirects, files, JSON.

The policy of contents itself comes from django-csp, HSTS from Django's SecurityMiddleware. Here is
what they leave out, and what would be missing where something answers before them.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]

_NOBODY = (
    "accelerometer",
    "autoplay",
    "camera",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "hid",
    "idle-detection",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "screen-wake-lock",
    "serial",
    "sync-xhr",
    "usb",
    "xr-spatial-tracking",
)
# Copying an id, and passkeys.
_OURSELVES = ("clipboard-write", "publickey-credentials-create", "publickey-credentials-get")

HEADERS = {
    "Permissions-Policy": ", ".join(
        [f"{name}=()" for name in _NOBODY] + [f"{name}=(self)" for name in _OURSELVES]
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class BrowserHeadersMiddleware:
    """Complete the headers. Outside of all that answers, so that no answer goes without."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add what is missing. Only files and what says so itself may be kept by a cache."""
        answer = self.get_response(request)
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
        if not request.path.startswith(settings.STATIC_URL) or answer.status_code >= 400:
            answer.headers.setdefault("Cache-Control", "no-store")
        return answer
