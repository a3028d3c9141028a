"""Links that leave the house: in pages of an API's list, in mails, on a page to be passed on."""

from __future__ import annotations

from django.conf import settings


def absolute(path: str) -> str:
    """The full address of a path, under `VAULTCRAFT_BASE_URL`.

    Never under what a request said of itself: whoever can send a Host header would otherwise write
    links that somebody else follows, with a token in them.

    :param path: begins with a slash; a query may follow.
    """
    return f"{settings.VAULTCRAFT_BASE_URL}{path}"
