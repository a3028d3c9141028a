"""Mail that may hold secrets: written in the caller's transaction, sent after its commit.

All other notices are for the room that tells people things; what is here concerns who they are.
"""

from __future__ import annotations

from accounts.services.mail.delivering import Delivery, deliver_due
from accounts.services.mail.nudging import after_queueing
from accounts.services.mail.queueing import notify_security, queue_mail, queue_mail_to_address
from accounts.services.mail.requests import ask_for_mail

__all__ = [
    "Delivery",
    "after_queueing",
    "ask_for_mail",
    "deliver_due",
    "notify_security",
    "queue_mail",
    "queue_mail_to_address",
]
