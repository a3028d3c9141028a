"""Every stream, declared in one place and made so when a process of the backbone starts.

Their names and subjects begin with the installation's namespace: several may share a broker.
"""

from __future__ import annotations

import dataclasses
import datetime as dt

from django.conf import settings


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A durable log on the broker.

    :param suffix: of its name, after the namespace.
    :param word: the second word of its subjects, after the namespace.
    :param keeps: how long a message stays; None: as long as the settings say, which is for ever
        unless they say otherwise.
    :param max_bytes: the oldest go when it grows larger; None: only time takes them.
    """

    suffix: str
    word: str
    keeps: dt.timedelta | None
    max_bytes: int | None = None

    @property
    def name(self) -> str:
        """As the broker knows it: ``VAULTCRAFT_EVENTS``."""
        return f"{settings.EVENT_NAMESPACE.upper()}_{self.suffix}"

    @property
    def max_age_seconds(self) -> float:
        """As the broker counts it: 0 stands for ever."""
        keeps = self.keeps or dt.timedelta(days=settings.EVENT_STREAM_DAYS)
        return keeps.total_seconds()

    @property
    def label(self) -> str:
        """As metrics and pages call it, whatever the installation's namespace: ``events``."""
        return self.suffix.lower()

    @property
    def subject(self) -> str:
        """What it keeps: ``vaultcraft.events.>``, where ``>`` stands for the rest of a subject."""
        return f"{settings.EVENT_NAMESPACE}.{self.word}.>"


# A projection is rebuilt from it, from the first event on.
EVENTS = Stream(suffix="EVENTS", word="events", keeps=None)
DEAD_LETTERS = Stream(suffix="DEAD_LETTERS", word="dead", keeps=dt.timedelta(days=90))
# The request log of the gateway, to look back a week. Web declares it: if the disk has no room for
# it, events are carried all the same.
REQUESTS = Stream(
    suffix="REQUESTS", word="requests", keeps=dt.timedelta(days=7), max_bytes=536_870_912
)
BACKBONE = (EVENTS, DEAD_LETTERS)
STREAMS = (*BACKBONE, REQUESTS)


def subject_of(*, place: str, name: str) -> str:
    """Where an event is published: ``vaultcraft.events.<organization or platform>.<name>``."""
    return f"{settings.EVENT_NAMESPACE}.{EVENTS.word}.{place}.{name}"


def request_subject(status: int) -> str:
    """Where a request is told: ``vaultcraft.requests.2xx``, by the class of its status."""
    return f"{settings.EVENT_NAMESPACE}.{REQUESTS.word}.{status // 100}xx"
