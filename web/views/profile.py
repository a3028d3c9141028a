"""One's own account."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.choices import PlatformRole, Role
from accounts.models import SignInSession, User
from accounts.queries import own_sessions
from accounts.services.sessions import end_own_session
from accounts.user_agents import label_of
from kernel import clock
from kernel.actor import Door
from kernel.errors import NotFound
from kernel.ids import MalformedId, decode, encode
from web.doors import PersonRequest, acts, reads
from web.pages import page

MOST_SESSIONS = 20


@reads
def profile(request: PersonRequest) -> HttpResponse:
    """Name, address, organization, role."""
    user = request.user
    organization = user.organization
    facts = {
        "id": encode("usr", user.id),
        "name": user.full_name,
        "email": user.email,
        "organization": organization.name if organization else "VaultCraft (platform staff)",
        "role": _role(user),
        "since": user.created_at,
    }
    mine = own_sessions(request.actor, now=clock.now())
    context = {
        "profile": facts,
        "sessions": [_session(request, row) for row in mine[:MOST_SESSIONS]],
    }
    return page(request, "web/profile.html", context, here="profile")


@acts
def end_session(request: PersonRequest, session_id: str) -> HttpResponse:
    """Sign out one of one's other devices; it stops at its next request."""
    try:
        ended = decode("ses", session_id)
    except MalformedId as error:
        raise NotFound() from error
    end_own_session(actor=request.actor, session_id=ended, now=clock.now())
    messages.success(request, "That session is ended.")
    return HttpResponseRedirect(reverse("web:profile"))


def _session(request: PersonRequest, row: SignInSession) -> dict[str, Any]:
    return {
        "device": row.device.label if row.device else label_of(row.user_agent),
        "where": f"{'API' if row.door == Door.API else 'Browser'} · {row.ip or 'unknown address'}",
        "since": row.opened_at,
        "here": row.id == request.session_id,
        "end_url": reverse("web:session-end", args=[encode("ses", row.id)]),
    }


def _role(user: User) -> str:
    if user.role is not None:
        return Role(user.role).label
    return (
        f"Platform {PlatformRole(user.platform_role).label.lower()}" if user.platform_role else ""
    )
