"""The whole seeding, from the question whether it may to the last transfer."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from django.contrib.auth.hashers import check_password
from django.db import connection

from accounts.queries import visible_organizations
from kernel.context import reading
from vaultcraft.seeding.apps import ensure_apps
from vaultcraft.seeding.cast import ORGANIZATIONS, OWNER_OF, PEOPLE, PersonPlan
from vaultcraft.seeding.demo_file import DemoFile, derived_password
from vaultcraft.seeding.founding import found
from vaultcraft.seeding.journal import Journal, program
from vaultcraft.seeding.keys import ensure_keys, is_known
from vaultcraft.seeding.stage import Stage
from vaultcraft.seeding.telling import tell
from vaultcraft.seeding.verifying import verify

_LOCK = 0x5EED_0001  # of PostgreSQL's advisory locks; any number that nobody else takes


class AlreadySeeding(Exception):
    """Another seeding works on this database right now."""


@dataclasses.dataclass(frozen=True, slots=True)
class Planted:
    """What the operator should know.

    :param unknown_passwords: addresses whose password was lost: they are not in the file.
    :param replaced_keys: organizations whose lost API key was revoked and issued anew.
    """

    unknown_passwords: tuple[str, ...]
    replaced_keys: tuple[str, ...]


def plant(*, now: dt.datetime, data_dir: Path, base_url: str, secret: bytes) -> Planted:
    """Make the demo world, or whatever of it is missing; a second run changes nothing.

    Every step commits on its own and is named in the audit record, so a run that is killed
    is completed by the next one. The file with the passwords is written before the first person
    exists.

    :param now: the last instant of the story.
    :param secret: what passwords and the secrets of authenticator apps are derived from.
    :raises AlreadySeeding: if another process is at it.
    :raises UnreadableDemoFile: if there is a file under the name that cannot be read.
    :raises VaultCraftError: if a use case refuses, as on an address that somebody else took.
    """
    with _only_one():
        stage = Stage(now=now)
        demo = DemoFile(data_dir=data_dir, base_url=base_url)
        passwords, unknown = _passwords(stage, demo, secret=secret)
        demo.put_passwords(passwords)
        found(stage, password_of=passwords.__getitem__)
        ensure_apps(stage, demo, secret=secret)
        replaced = ensure_keys(stage, demo)
        tell(stage)
        verify(stage)
    return Planted(tuple(unknown), tuple(replaced))


def wanted_when_empty() -> bool:
    """Whether nobody uses the database yet, or a seeding that began may not have ended."""
    if not Journal().is_blank:
        return True
    with reading(program("question")):
        return not visible_organizations(program("question")).exists()


def _passwords(stage: Stage, demo: DemoFile, *, secret: bytes) -> tuple[dict[str, str], list[str]]:
    """Everybody's password, and the addresses of those whose password nobody can tell."""
    trusted = _describes_this_database(stage, demo)
    found_out: dict[str, str] = {}
    unknown: list[str] = []
    for person in PEOPLE.values():
        noted = demo.password_of(person.email)
        derived = derived_password(email=person.email, secret=secret)
        if (trusted and noted) or not _exists(stage, person):
            found_out[person.email] = noted or derived
            continue
        fitting = _fitting(stage, person, (noted, derived))
        if fitting is None:
            unknown.append(person.email)
        else:
            found_out[person.email] = fitting
    return found_out, unknown


def _describes_this_database(stage: Stage, demo: DemoFile) -> bool:
    """Whether the file's keys open these organizations. Cheaper than twenty slow hashes."""
    return all(is_known(stage, plan.key, secret=demo.key_of(plan.name)) for plan in ORGANIZATIONS)


def _exists(stage: Stage, person: PersonPlan) -> bool:
    is_owner = person.organization and OWNER_OF[person.organization] == person.key
    step = f"organization:{person.organization}" if is_owner else f"person:{person.key}"
    return stage.journal.knows(step)


def _fitting(stage: Stage, person: PersonPlan, candidates: tuple[str | None, ...]) -> str | None:
    encoded = stage.person(person.key).password
    fitting = (one for one in candidates if one and check_password(one, encoded))
    return next(fitting, None)


@contextlib.contextmanager
def _only_one() -> Iterator[None]:
    """Hold PostgreSQL's advisory lock; it goes with the connection if we are killed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        if cursor.fetchone() != (True,):
            raise AlreadySeeding("Another seeding is at work on this database.")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
