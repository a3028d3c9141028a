"""The invitation that goes out by mail, under a token that nobody else has seen."""

from __future__ import annotations

import datetime as dt

from accounts.choices import MailKind
from accounts.models import Invitation
from accounts.services.mail import queue_mail_to_address
from kernel.actor import Actor
from kernel.crypto import hash_token
from kernel.transactions import needs_transaction


@needs_transaction
def mail_invitation(*, actor: Actor, invitation: Invitation, token: str, now: dt.datetime) -> None:
    """Send the link to the invited address."""
    queue_mail_to_address(
        actor=actor,
        address=invitation.email,
        organization_id=invitation.organization_id,
        kind=MailKind.INVITATION,
        variables={
            "organization": invitation.organization.display_name,
            "inviter": actor.display,
            "role": str(invitation.get_role_display()).lower(),
            "token": token,
            "lifetime": f"{(invitation.expires_at - now).days} days",
        },
        now=now,
        expires_at=invitation.expires_at,
    )


def came_by_mail(*, invitation: Invitation, token: str) -> bool:
    """Whether the token is the one that only the mailbox knows."""
    mailed = invitation.mailed_token_hash
    return mailed is not None and bytes(mailed) == hash_token(token)
