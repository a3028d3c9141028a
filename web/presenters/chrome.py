"""The frame around every signed-in page: who is here, and where they can go."""

from __future__ import annotations

import dataclasses

from django.urls import reverse

from accounts.models import User
from notifications.queries import MOST_COUNTED


@dataclasses.dataclass(frozen=True, slots=True)
class NavItem:
    """One place in the navigation. `short` is its name on a narrow screen."""

    key: str
    label: str
    short: str
    icon: str
    url: str


@dataclasses.dataclass(frozen=True, slots=True)
class Chrome:
    """What the frame shows.

    :param unread: how many notices are unread, as it is drawn; empty: none.
    """

    here: str
    nav: list[NavItem]
    user_name: str
    user_email: str
    initials: str
    organization_name: str
    may_admin: bool
    may_verify: bool
    waits_for_address: bool
    unread: str


def initials_of(name: str) -> str:
    """Up to two letters to tell people and organizations by."""
    words = [word for word in name.split() if word[:1].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"


def chrome_of(user: User, *, here: str, unread: int) -> Chrome:
    """The frame for this person, with the current section marked."""
    organization = user.organization
    return Chrome(
        here=here,
        nav=_nav(user),
        user_name=user.full_name,
        user_email=user.email,
        initials=initials_of(user.full_name),
        organization_name=organization.display_name if organization else "VaultCraft staff",
        may_admin=user.is_staff,
        may_verify=user.may("kyc.apply"),
        waits_for_address=user.email_confirmed_at is None,
        unread=_shown(unread),
    )


def _shown(unread: int) -> str:
    if unread >= MOST_COUNTED:
        return f"{MOST_COUNTED - 1}+"
    return str(unread) if unread else ""


def _nav(user: User) -> list[NavItem]:
    items = [NavItem("home", "Home", "Home", "house", reverse("web:home"))]
    if user.may("transfers.create"):
        items.append(NavItem("send", "Send money", "Send", "send", reverse("web:send")))
    items.append(NavItem("transfers", "Activity", "Activity", "list", reverse("web:transfers")))
    items.append(NavItem("wallets", "Wallets", "Wallets", "wallet", reverse("web:wallets")))
    items.append(NavItem("holds", "Holds", "Holds", "lock", reverse("web:holds")))
    if user.organization_id and user.may("dual_control.read"):
        place = reverse("web:pending-acts")
        items.append(NavItem("pending-acts", "Pending acts", "Pending", "circle-check", place))
    if user.organization_id:
        place = reverse("web:organization")
        items.append(NavItem("organization", "Organization", "Org", "building-2", place))
    return items
