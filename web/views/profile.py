"""One's own account."""

from __future__ import annotations

from django.http import HttpResponse

from accounts.choices import PlatformRole, Role
from kernel.ids import encode
from web.doors import PersonRequest, reads
from web.pages import page


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
        "role": Role(user.role).label if user.role else PlatformRole(user.platform_role).label,
        "since": user.created_at,
    }
    return page(request, "web/profile.html", {"profile": facts}, here="profile")
