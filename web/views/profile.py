"""One's own account."""

from __future__ import annotations

from django.http import HttpResponse

from accounts.choices import PlatformRole, Role
from accounts.models import User
from kernel.ids import encode
from web.doors import PersonRequest, reads
from web.pages import page
from web.presenters.whereabouts import device_facts, network_facts, session_facts

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
    context = {
        "profile": facts,
        **session_facts(request),
        **device_facts(request),
        **network_facts(request),
    }
    return page(request, "web/profile.html", context, here="profile")


def _role(user: User) -> str:
    if user.role is not None:
        return Role(user.role).label
    return (
        f"Platform {PlatformRole(user.platform_role).label.lower()}" if user.platform_role else ""
    )
