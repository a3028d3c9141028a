"""What this room does by the clock, and soon after a commit that asks for it."""

from __future__ import annotations

import logging
import time

from celery import shared_task
from kombu.exceptions import KombuError

from accounts.services import challenges
from accounts.services.answering import answer_mail_requests
from accounts.services.attempts import forget_old_attempts
from accounts.services.mail import deliver_due
from accounts.services.pending_acts import expire_overdue
from kernel import clock
from kernel.actor import Door, system
from kernel.ids import new_id

logger = logging.getLogger(__name__)

DELIVER_SECONDS = 240
EXPIRE_SECONDS = 240
NUDGE_LIVES_SECONDS = 60
# One try: a person waits for this page.
_BRIEFLY = {"max_retries": 0, "socket_connect_timeout": 0.5, "socket_timeout": 0.5}
_QUIET_SECONDS = 30.0
_quiet_until = 0.0


@shared_task(
    name="accounts.tasks.deliver_mail",
    soft_time_limit=DELIVER_SECONDS,
    time_limit=DELIVER_SECONDS + 30,
)
def deliver_mail() -> dict[str, int]:
    """Write the mail that was asked for, and send what waits."""
    actor = system(door=Door.TASK, request_id=f"deliver_mail-{new_id()}")
    answer_mail_requests(actor=actor, now=clock.now())
    done = deliver_due(actor=actor, now=clock.now())
    return {"sent": done.sent, "put_off": done.put_off, "died": done.died}


@shared_task(name="accounts.tasks.forget_attempts")
def forget_attempts() -> int:
    """Forget counts of passwords that were tried long ago."""
    actor = system(door=Door.TASK, request_id=f"forget_attempts-{new_id()}")
    return forget_old_attempts(actor=actor, now=clock.now())


@shared_task(name="accounts.tasks.purge_challenges")
def purge_challenges() -> int:
    """Remove challenges that ended a day ago; how many of them."""
    actor = system(door=Door.TASK, request_id=f"purge_challenges-{new_id()}")
    return challenges.purge_challenges(actor=actor, now=clock.now())


def nudge_delivery() -> None:
    """Ask a worker to send mail now. Fails open: beat asks every few seconds anyway.

    After a failure this process asks nobody for a while, so that a dead broker delays one request
    and not each of them.
    """
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return
    try:
        with deliver_mail.app.connection_for_write(transport_options=_BRIEFLY) as broker:
            told = deliver_mail.app.amqp.Producer(broker)
            deliver_mail.apply_async(producer=told, retry=False, expires=NUDGE_LIVES_SECONDS)
    except (OSError, KombuError) as error:
        _quiet_until = time.monotonic() + _QUIET_SECONDS
        logger.warning("mail_nudge_failed", extra={"failure": type(error).__name__})


@shared_task(name="accounts.tasks.expire_pending_acts", soft_time_limit=EXPIRE_SECONDS)
def expire_pending_acts() -> int:
    """Tidy away what nobody decided in time."""
    actor = system(door=Door.TASK, request_id=f"expire_pending_acts-{new_id()}")
    return expire_overdue(actor=actor, now=clock.now())
