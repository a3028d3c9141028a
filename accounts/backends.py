"""Django's own sign-in (the staff site's form, browser sessions), answered by our services."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.contrib.auth.backends import BaseBackend

from accounts.errors import InvalidCredentials, OrganizationSuspended
from accounts.models import User
from accounts.services.sign_in import verify_password
from kernel import clock
from kernel.actor import Door, anonymous

if TYPE_CHECKING:
    from django.http import HttpRequest  # noqa: TID251 - Django's own door, and only for its type


class PasswordBackend(BaseBackend):
    """E-mail and password, with the same evidence and timing as every other door."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **_: Any,
    ) -> User | None:
        """The person, or None for every kind of failure."""
        if not username or not password:
            return None
        stranger = anonymous(
            door=_door(request),
            request_id=getattr(request, "request_id", ""),
            ip=request.META.get("REMOTE_ADDR") if request else None,
        )
        try:
            return verify_password(
                actor=stranger, email=username, password=password, now=clock.now()
            )
        except (InvalidCredentials, OrganizationSuspended):
            return None

    def get_user(self, user_id: uuid.UUID) -> User | None:
        """The person behind a browser session, asked on every request: removal acts at once."""
        user = User.objects.select_related("organization").filter(pk=user_id).first()
        return user if user is not None and user.may_sign_in else None


def _door(request: HttpRequest | None) -> Door:
    return Door.ADMIN if request and request.path.startswith("/admin") else Door.WEB
