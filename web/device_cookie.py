"""The cookie by which a browser is recognized at the next sign-in.

It proves nothing by itself: somebody who copies it still needs the password. It outlives the
session's cookie and signing out, and lasts as long as browsers keep cookies at all (400 days).
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts.actors import as_user
from accounts.choices import FactorMethod
from accounts.models import SignInSession, User
from accounts.services.devices import met_device
from accounts.services.sessions import open_browser_session, revoke_session
from kernel import clock
from web.doors import enter, remember, stranger

MAX_AGE_SECONDS = 400 * 24 * 60 * 60
_TOKEN_LENGTH = 43


def device_token_of(request: HttpRequest) -> str | None:
    """The device token this browser shows, if it could be one of ours."""
    token = request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "")
    return token if len(token) == _TOKEN_LENGTH else None


def keep_device(response: HttpResponse, token: str | None) -> None:
    """Give the browser the token of a device that was just remembered; None changes nothing."""
    if token is None:
        return
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        token,
        max_age=MAX_AGE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def leave_behind(request: HttpRequest) -> None:
    """End the session this browser is in: its cookie is about to be replaced (ASVS 5.0, 7.2.4).

    Nobody would see it end otherwise, and a copy of the old cookie would outlive the new sign-in.
    """
    person = enter(request)
    if person is not None:
        revoke_session(actor=person.actor, session_id=person.session_id, now=clock.now())
        del person.actor
    request.session.flush()


def welcome(
    request: HttpRequest,
    response: HttpResponse,
    user: User,
    *,
    second_factor: FactorMethod | None = None,
) -> SignInSession:
    """Open a session for somebody proven, on this browser's device, and bind both to the browser.

    The one this browser was in before ends.

    :param user: as they were proven: the password they showed must still be theirs.
    :param response: where the answer sends them; it carries the cookie of a new device.
    :param second_factor: what was proven besides the password, just now.
    """
    actor, now = as_user(actor=stranger(request), user=user), clock.now()
    user_agent = request.headers.get("User-Agent", "")
    leave_behind(request)
    device, token = met_device(
        actor=actor, user=user, token=device_token_of(request), user_agent=user_agent, now=now
    )
    session = open_browser_session(
        actor=actor,
        now=now,
        user_agent=user_agent,
        device=device,
        second_factor=second_factor,
        verified=user.password,
    )
    remember(request, session_id=session.id)
    keep_device(response, token)
    return session
