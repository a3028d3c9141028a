"""Whether whoever agrees is independent of whoever asks."""

from __future__ import annotations

import datetime as dt
import uuid

from accounts.choices import SessionEnd
from accounts.errors import CheckerIsOwnInvitee, MadeInEndedSession
from accounts.models import PendingAct, SignInSession, User
from kernel.transactions import needs_transaction

LATELY = dt.timedelta(days=7)
_LONGEST_CHAIN = 20


@needs_transaction
def require_independent_checker(
    *, act: PendingAct, checker_id: uuid.UUID, now: dt.datetime
) -> None:
    """Go on only if the maker did not bring the checker in lately, themselves or through others.

    Whoever holds one session of an officer could invite a second person and be both. Seven days
    are long enough for the mails and the record to be read. A database trigger holds the first
    link, too.

    :raises CheckerIsOwnInvitee: if the maker invited the checker, or gave them their role, within
        `LATELY`; or whoever did was lately brought in by the maker, and so on.
    """
    person = checker_id
    for _ in range(_LONGEST_CHAIN):
        giver = _brought_in_by(person, now)
        if giver is None:
            return
        if giver in (act.maker_id, act.maker_person_id):
            break
        person = giver
    raise CheckerIsOwnInvitee()


def lately_brought_in(user: User, *, by: uuid.UUID | None, now: dt.datetime) -> bool:
    """Whether this person invited the user or gave them their role, within `LATELY`."""
    given_at = user.role_given_at
    recent = given_at is not None and given_at > now - LATELY
    return recent and by is not None and user.role_given_by_id == by


@needs_transaction
def _brought_in_by(person: uuid.UUID, now: dt.datetime) -> uuid.UUID | None:
    lately = User.objects.filter(id=person, role_given_at__gt=now - LATELY)
    return lately.values_list("role_given_by_id", flat=True).first()


@needs_transaction
def require_session_not_taken(act: PendingAct) -> None:
    """Go on only if the session it was asked for in did not end as somebody else's.

    Signing out and running out are no reason; a reset password, a revoked device or a session that
    was ended from elsewhere is: whoever held it may have asked.

    :raises MadeInEndedSession: if it did.
    """
    if act.session_id is None:
        return
    sessions = SignInSession.objects.filter(id=act.session_id, revoked_at__isnull=False)
    if sessions.exclude(revoked_reason=SessionEnd.SIGNED_OUT).exists():
        raise MadeInEndedSession()
