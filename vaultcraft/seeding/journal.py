"""What an earlier seeding has done already.

Every act leaves an audit record in its own transaction, and the seeding names each act by its
request id. A record with that name therefore proves that the act was committed, whole; the audit
record is append-only, so nothing a user does later makes the seeding do it again.
"""

from __future__ import annotations

import uuid

from audit.queries import records
from kernel.actor import Actor, Door, system
from kernel.context import reading

_PREFIX = "seed:"


def request_id_of(step: str) -> str:
    """The request id under which a step acts."""
    return f"{_PREFIX}{step}"


def program(step: str) -> Actor:
    """The seeding itself as an actor, for the few acts that no person of the world does."""
    return system(door=Door.COMMAND, request_id=request_id_of(step))


class Journal:
    """The steps that stand, each with the subject it made or changed."""

    def __init__(self) -> None:
        self._subjects: dict[str, uuid.UUID | None] = {}
        with reading(program("journal")):
            # By door too: what an HTTP client sends as its request id proves nothing here.
            done = records().filter(door=Door.COMMAND, request_id__startswith=_PREFIX)
            for request_id, subject_id in done.values_list("request_id", "subject_id"):
                # Newest first: of a step done again (a key replaced) the last subject counts.
                self._subjects.setdefault(request_id.removeprefix(_PREFIX), subject_id)

    @property
    def is_blank(self) -> bool:
        """Whether no seeding has ever begun in this database."""
        return not self._subjects

    def knows(self, step: str) -> bool:
        """Whether the step stands."""
        return step in self._subjects

    def subject(self, step: str) -> uuid.UUID:
        """What the step made or changed.

        :raises KeyError: if it does not stand, or has no subject.
        """
        subject_id = self._subjects[step]
        if subject_id is None:
            raise KeyError(step)
        return subject_id

    def note(self, step: str, subject_id: uuid.UUID | None) -> None:
        """Remember, for the rest of this run, a step that now stands."""
        self._subjects[step] = subject_id
