"""One's own account."""

from __future__ import annotations

from django.http import HttpResponse

from accounts.choices import PlatformRole, Role
from accounts.models import Phone, User
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
        "role": _role(user),
        "since": user.created_at,
    }
    context = {
        "profile": facts,
        "phone": Phone.objects.filter(user_id=user.id).first(),
    }
    return page(request, "web/profile.html", context, here="profile")


def _role(user: User) -> str:
    if user.role is not None:
        return Role(user.role).label
    return (
        f"Platform {PlatformRole(user.platform_role).label.lower()}" if user.platform_role else ""
    )
