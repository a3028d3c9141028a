"""The platform's own staff: adding them, changing their role, closing their account."""

from __future__ import annotations

from accounts.services.staff.adding import create_staff
from accounts.services.staff.closing import STAFF_CLOSING, close_agreed, close_staff_account
from accounts.services.staff.roles import (
    STAFF_ROLE,
    allow_to_check_staff_role,
    change_staff_role,
    grant_staff_role,
)
from accounts.services.staff.turns import MANAGE, take_turns_with_staff

__all__ = [
    "MANAGE",
    "STAFF_CLOSING",
    "STAFF_ROLE",
    "allow_to_check_staff_role",
    "change_staff_role",
    "close_agreed",
    "close_staff_account",
    "create_staff",
    "grant_staff_role",
    "take_turns_with_staff",
]
