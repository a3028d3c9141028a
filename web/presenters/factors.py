"""A person's second factors as the security page shows them."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import segno
from django.urls import reverse

from accounts import policy
from accounts.services.factors import factors_of
from kernel.ids import encode

if TYPE_CHECKING:
    from web.doors import PersonRequest


def factor_facts(request: PersonRequest) -> dict[str, Any]:
    """The factors part of the page."""
    user = request.user
    factors = factors_of(user.id)
    needed = policy.needs_strong_factor(role=user.role, platform_role=user.platform_role)
    keys = [
        {
            "name": key.name,
            "since": key.created_at,
            "used": key.last_used_at,
            "remove_url": reverse("web:passkey-remove", args=[encode("pky", key.id)]),
        }
        for key in factors.passkeys
    ]
    return {
        "factors": {
            "totp_since": factors.totp.confirmed_at if factors.totp else None,
            "passkeys": keys,
            "codes_left": factors.recovery_codes_left,
            "is_strong": factors.is_strong,
            "is_missing": needed and not factors.is_strong,
        }
    }


def qr_image(text: str) -> str:
    """The text as a QR code: an SVG in a data address, black on white in every theme."""
    drawn = io.BytesIO()
    segno.make(text, error="m").save(drawn, kind="svg", border=4, dark="#000", light="#fff")
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn.getvalue()).decode()}"


def in_groups(secret: str) -> str:
    """A secret in groups of four, as people type it."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
