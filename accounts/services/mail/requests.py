"""Mail to an address of which the door must not tell whether it is anybody's.

The door writes one row, the same for every address. Whose it is finds out whoever answers, behind
the door, where nobody waits with a clock in the hand.
"""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import connection

from accounts.choices import MailKind
from accounts.rules import normalized_email
from accounts.services.mail.nudging import nudge_after_commit
from kernel.actor import Actor
from kernel.context import Context, Scope
from kernel.crypto import keyed_hash
from kernel.ids import new_id
from kernel.transactions import opens_transaction

# Asked again within this after an answer, it is not answered again.
PAUSES: dict[MailKind, dt.timedelta] = {
    MailKind.RESET_PASSWORD: dt.timedelta(minutes=5),
    MailKind.REGISTRATION_ATTEMPTED: dt.timedelta(days=1),
    MailKind.SIGN_IN_LOCKED: dt.timedelta(hours=6),
}


def _view_of_nobody(**_: object) -> Context:
    return Context(scope=Scope.SIGN_IN)


@opens_transaction(context=_view_of_nobody)
def ask_for_mail(*, actor: Actor, kind: MailKind, email: str, now: dt.datetime) -> None:
    """Note that a mail is wanted. One statement, whoever the address is of, or nobody's.

    :raises InvalidProfile: if it is no e-mail address.
    """
    address = normalized_email(email)
    hashed = keyed_hash(key=settings.VAULTCRAFT_PEPPER, parts=("mail-request", kind.value, address))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_mailrequest AS r"
            " (id, kind, address_hash, address, ip, asked_at) VALUES (%s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (kind, address_hash) DO UPDATE SET"
            " address = excluded.address, ip = excluded.ip, asked_at = excluded.asked_at,"
            " answered_at = NULL WHERE r.answered_at <= %s",
            [new_id(), kind.value, hashed, address, actor.ip, now, now - PAUSES[kind]],
        )
    nudge_after_commit()
