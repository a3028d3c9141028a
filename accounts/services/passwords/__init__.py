"""Passwords: comparing, changing, and choosing a new one through a mailed link."""

from __future__ import annotations

from accounts.services.passwords.changing import change_password
from accounts.services.passwords.checking import password_fits
from accounts.services.passwords.resetting import (
    ask_for_password_reset,
    mail_reset_link,
    reset_password,
)

__all__ = [
    "ask_for_password_reset",
    "change_password",
    "mail_reset_link",
    "password_fits",
    "reset_password",
]
