"""Writing mail down, sealed, in the transaction of the act it is about."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping

from accounts.choices import MailKind
from accounts.models import PendingMail, User
from accounts.services.mail.nudging import nudge_after_commit
from accounts.services.mail.writing import Letter, written
from accounts.services.vault import Place, seal
from kernel.actor import Actor
from kernel.ids import new_id
from kernel.transactions import needs_transaction

LIFETIME = dt.timedelta(days=2)
TABLE, COLUMN = "accounts_pendingmail", "sealed"


@needs_transaction
def queue_mail(
    *,
    actor: Actor,
    user: User,
    kind: MailKind,
    variables: Mapping[str, str],
    now: dt.datetime,
    expires_at: dt.datetime | None = None,
) -> None:
    """Have a mail sent to a person once the transaction commits; not at all if it does not.

    It is written now, from ``templates/mail/<kind>.txt``, whose first line is ``Subject: ...``.
    There `name` and `base_url` are known besides the variables; build links from `base_url`.

    :param variables: what the template asks for; each becomes one line that holds no address.
    :param expires_at: when what it says is void and it need not arrive any more; 2 days by default.
    :raises InvariantBroken: if the template asks for what is not given.
    """
    name = user.get_short_name()
    _queue(
        letter=written(to=user.email, name=name, kind=kind, variables=variables),
        organization_id=user.organization_id,
        user_id=user.id,
        kind=kind,
        now=now,
        expires_at=expires_at,
    )


@needs_transaction
def queue_mail_to_address(
    *,
    actor: Actor,
    address: str,
    organization_id: uuid.UUID,
    kind: MailKind,
    variables: Mapping[str, str],
    now: dt.datetime,
    expires_at: dt.datetime | None = None,
) -> None:
    """The same to somebody who is no person here yet, on behalf of an organization."""
    _queue(
        letter=written(to=address, name="", kind=kind, variables=variables),
        organization_id=organization_id,
        user_id=None,
        kind=kind,
        now=now,
        expires_at=expires_at,
    )


@needs_transaction
def notify_security(
    *, actor: Actor, user: User, kind: MailKind, variables: Mapping[str, str], now: dt.datetime
) -> None:
    """Tell a person of an act on their account, with when and from which address it was done.

    The template has `at` and `ip` besides the variables (ASVS 5.0, 6.3.5 and 6.3.7).
    """
    known = {"at": f"{now:%d %B %Y, %H:%M} UTC", "ip": actor.ip or "an unknown address"}
    queue_mail(actor=actor, user=user, kind=kind, variables={**known, **variables}, now=now)


@needs_transaction
def _queue(
    *,
    letter: Letter,
    organization_id: uuid.UUID | None,
    user_id: uuid.UUID | None,
    kind: MailKind,
    now: dt.datetime,
    expires_at: dt.datetime | None,
) -> None:
    row_id = new_id()
    place = Place(table=TABLE, column=COLUMN, row_id=row_id)
    PendingMail.objects.create(
        id=row_id,
        organization_id=organization_id,
        user_id=user_id,
        kind=kind.value,
        sealed=seal(
            organization_id=organization_id,
            user_id=user_id,
            place=place,
            plain=letter.to_bytes(),
            now=now,
        ),
        created_at=now,
        expires_at=expires_at or now + LIFETIME,
        next_attempt_at=now,
    )
    nudge_after_commit()
