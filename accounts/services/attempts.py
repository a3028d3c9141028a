"""How many passwords may be tried: for one address, on one known device, from one network.

What counts is the database. A try is counted before it is made, under the row's lock, and given
back when the password was right; so of a hundred guesses at once no more are checked than of a
hundred in a row, and a restart of the cache forgets nothing. The cache only remembers locks, to
spare the table a flood; when it is down the table is asked (fails closed).

Nothing here knows whether an address is anybody's: the counts of an unknown one go the same way.
Locks end by themselves, and tries under a lock are not counted, so nobody can prolong one
(ASVS 5.0, 6.3.1; NIST SP 800-63B, 5.2.2).
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import ipaddress
import logging
import uuid
from collections.abc import Sequence

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from redis.exceptions import RedisError

from accounts.models import PasswordAttempts
from kernel.actor import Actor
from kernel.context import Context, Scope
from kernel.crypto import keyed_hash
from kernel.ids import new_id
from kernel.transactions import needs_transaction, opens_transaction

logger = logging.getLogger(__name__)

_KEPT = dt.timedelta(days=2)
_IPV6_OF_ONE_PLACE = 64


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    """How failures lock.

    :param free: failures that lock nothing.
    :param pauses_seconds: of the locks after each further one; the last one repeats.
    :param window_seconds: after so long without a failure (`quiet`), or from the first one on,
        counting begins anew.
    """

    free: int
    pauses_seconds: tuple[int, ...]
    window_seconds: int
    quiet: bool


# Four mistakes are free. The fifth locks for a minute, and so on up to an hour: some 30 guesses a
# day, for ever, against passwords that are in no list of common ones.
OF_ADDRESS = Rule(4, (60, 120, 300, 900, 1800, 3600), window_seconds=86_400, quiet=True)
# One network spraying a few passwords over many addresses; a large office behind one address has
# fewer mistakes than this in an hour.
OF_DEVICE = Rule(4, (60, 120, 300, 900, 1800, 3600), window_seconds=86_400, quiet=True)
OF_NETWORK = Rule(99, (900,), window_seconds=3600, quiet=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Subject:
    """What is counted: an address, a device or a network, as its keyed hash."""

    hashed: bytes
    rule: Rule

    @property
    def cache_key(self) -> str:
        """Under which its lock is remembered."""
        return f"password-lock:{self.hashed.hex()}"


def address_subject(email: str) -> Subject:
    """The address as it was typed, in one spelling."""
    return Subject(_hashed("address", email.strip().lower()), OF_ADDRESS)


def device_subject(device_id: uuid.UUID) -> Subject:
    """A device on which its person has signed in before.

    It stands in for the address and the network (OWASP's device cookie): others' guesses at the
    address, however many, do not lock its person out there, and its own lock is nobody else's.
    """
    return Subject(_hashed("device", str(device_id)), OF_DEVICE)


def network_subject(ip: str) -> Subject:
    """The client's address; of IPv6 the network, which one household has for itself."""
    parsed = ipaddress.ip_address(ip)
    if parsed.version == 6:
        ip = str(ipaddress.ip_network((parsed, _IPV6_OF_ONE_PLACE), strict=False))
    return Subject(_hashed("network", ip), OF_NETWORK)


def _hashed(kind: str, text: str) -> bytes:
    return keyed_hash(key=settings.VAULTCRAFT_PEPPER, parts=("password-attempts", kind, text))


def _view_of_nobody(**_: object) -> Context:
    return Context(scope=Scope.SIGN_IN)


@dataclasses.dataclass(frozen=True, slots=True)
class Attempt:
    """A try that was asked for.

    :param allowed: whether it may be made.
    :param lock: until when the subject is locked, unless this try turns out right.
    """

    subject: Subject
    allowed: bool
    lock: dt.datetime | None = None


def take(*, actor: Actor, subject: Subject, now: dt.datetime) -> Attempt:
    """Count a try before it is made, in a transaction of its own."""
    if _remembered(subject=subject, now=now):
        return Attempt(subject, allowed=False)
    return _take(actor=actor, subject=subject, now=now)


# One statement: the row's lock makes tries that come at once take turns. Under a lock it changes
# nothing and returns nothing.
_TAKE = """
INSERT INTO accounts_passwordattempts AS a (id, subject_hash, failures, since, last_at)
VALUES (%(id)s, %(hash)s, 1, %(now)s, %(now)s)
ON CONFLICT (subject_hash) DO UPDATE SET (failures, since, locked_until, last_at) = (
    SELECT n.failures, CASE WHEN n.failures = 1 THEN excluded.last_at ELSE a.since END,
           excluded.last_at + make_interval(secs =>
               (%(pauses)s::int[])[least(n.failures - %(free)s, cardinality(%(pauses)s::int[]))]),
           excluded.last_at
    FROM (SELECT CASE WHEN CASE WHEN %(quiet)s THEN a.last_at ELSE a.since END <= %(before)s
                 THEN 1 ELSE a.failures + 1 END) AS n (failures)
)
WHERE a.locked_until IS NULL OR a.locked_until <= excluded.last_at
RETURNING a.locked_until
"""


@opens_transaction(context=_view_of_nobody)
def _take(*, actor: Actor, subject: Subject, now: dt.datetime) -> Attempt:
    rule = subject.rule
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE,
            {
                "id": new_id(),
                "hash": subject.hashed,
                "now": now,
                "before": now - dt.timedelta(seconds=rule.window_seconds),
                "quiet": rule.quiet,
                "free": rule.free,
                "pauses": list(rule.pauses_seconds),
            },
        )
        counted = cursor.fetchone()
    if counted is None:
        return Attempt(subject, allowed=False)
    return Attempt(subject, allowed=True, lock=counted[0])


@opens_transaction(context=_view_of_nobody)
def give_back(*, actor: Actor, attempts: Sequence[Attempt]) -> None:
    """The password was right. An address or device starts anew; a network gets this try back.

    Else whoever has an account of their own could sign in to it now and then, and go on guessing
    at others'.
    """
    for attempt in attempts:
        if attempt.subject.rule is OF_NETWORK:
            _one_less(attempt.subject)
        else:
            _clear(attempt.subject)


@opens_transaction(context=_view_of_nobody)
def forgive(*, actor: Actor, subjects: Sequence[Subject]) -> None:
    """Forget what was counted, and locks with it: the person has shown who they are."""
    for subject in subjects:
        _clear(subject)


@needs_transaction
def _clear(subject: Subject) -> None:
    PasswordAttempts.objects.filter(subject_hash=subject.hashed).delete()
    transaction.on_commit(lambda: _forget_lock(subject), robust=True)


@needs_transaction
def _one_less(subject: Subject) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_passwordattempts SET failures = greatest(failures - 1, 0),"
            " locked_until = CASE WHEN failures - 1 > %s THEN locked_until END"
            " WHERE subject_hash = %s",
            [subject.rule.free, subject.hashed],
        )


@opens_transaction
def forget_old_attempts(*, actor: Actor, now: dt.datetime) -> int:
    """Delete counts that mean nothing any more; says how many there were."""
    return PasswordAttempts.objects.filter(last_at__lte=now - _KEPT).delete()[0]


def remember_lock(*, attempt: Attempt, now: dt.datetime) -> None:
    """The try was wrong: let the cache answer for the time of the lock, if there is one."""
    if attempt.lock is None:
        return
    seconds = (attempt.lock - now).total_seconds()
    try:
        cache.set(attempt.subject.cache_key, attempt.lock.timestamp(), timeout=seconds)
    except RedisError as error:
        logger.warning("password_lock_not_cached", extra={"failure": type(error).__name__})


def _remembered(*, subject: Subject, now: dt.datetime) -> bool:
    try:
        until = cache.get(subject.cache_key)
    except RedisError:
        return False  # the table decides
    return until is not None and now.timestamp() < until


def _forget_lock(subject: Subject) -> None:
    """After the commit; a cache that is down by then keeps the lock for what is left of it."""
    with contextlib.suppress(RedisError):
        cache.delete(subject.cache_key)
