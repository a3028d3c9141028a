"""An authenticator app for everybody whose role needs a strong second factor."""

from __future__ import annotations

import pyotp

from accounts import policy
from accounts.services.factors import begin_totp, confirm_totp, factors_of
from kernel.context import reading
from vaultcraft.seeding.cast import PEOPLE, PersonPlan
from vaultcraft.seeding.demo_file import DemoFile, derived_totp_secret
from vaultcraft.seeding.journal import program
from vaultcraft.seeding.stage import Stage
from vaultcraft.seeding.story import Moment

_ADD_AT = Moment(28, 8)


def ensure_apps(stage: Stage, demo: DemoFile, *, secret: bytes) -> None:
    """Have an app, and its secret in the file, for staff, owners, admins and finance people.

    The secret is in the file before the app counts. Who has added an app of their own keeps it.

    :param secret: what the apps' secrets are derived from.
    """
    for person in PEOPLE.values():
        step = f"totp:{person.key}"
        if not needs_app(person) or (not stage.journal.knows(step) and _has_app(stage, person)):
            continue
        noted = demo.totp_secret_of(person.email)
        own = noted or derived_totp_secret(email=person.email, secret=secret)
        demo.put_totp_secret(email=person.email, secret=own)
        if not stage.journal.knows(step):
            _add(stage, person, step=step, secret=own)


def needs_app(person: PersonPlan) -> bool:
    """Whether the product asks this person for a strong factor."""
    is_staff = person.organization is None
    return policy.needs_strong_factor(
        role=None if is_staff else person.role, platform_role=person.role if is_staff else None
    )


def _has_app(stage: Stage, person: PersonPlan) -> bool:
    with reading(program("apps")):
        return factors_of(stage.person(person.key).id).totp is not None


def _add(stage: Stage, person: PersonPlan, *, step: str, secret: str) -> None:
    actor, at = stage.actor(person.key, step=step), stage.calendar.at(_ADD_AT)
    begin_totp(actor=actor, secret=secret, now=at)
    confirm_totp(actor=actor, code=pyotp.TOTP(secret).at(at), now=at)
    stage.journal.note(step, actor.id)
