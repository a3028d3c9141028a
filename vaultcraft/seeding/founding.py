"""Founding the demo world: staff, organizations, people, wallets, agreed caps."""

from __future__ import annotations

from collections.abc import Callable

from accounts.services.organizations import activate_organization, register_organization
from accounts.services.staff import create_staff
from kernel.actor import Door, anonymous
from ledger.services.clearing import set_clearing_cap
from vaultcraft.seeding.calendar import TIMEZONE
from vaultcraft.seeding.cast import (
    CASHIER,
    FINANCE_OF,
    FOUNDER,
    MEMBERS,
    ORGANIZATIONS,
    OWNER_OF,
    PEOPLE,
    STAFF,
    PersonPlan,
)
from vaultcraft.seeding.holdings import CAPS, WALLETS, CapPlan, WalletPlan
from vaultcraft.seeding.joining import brought_in
from vaultcraft.seeding.journal import program, request_id_of
from vaultcraft.seeding.mailbox import confirm_address, deliver_mail
from vaultcraft.seeding.stage import Stage
from vaultcraft.seeding.story import Moment
from wallets.services.wallets import open_wallet

PasswordOf = Callable[[str], str]

_STAFF_AT = Moment(30, 9)
_REGISTER_AT = Moment(30, 11)
_ACTIVATE_AT = Moment(30, 16)
_INVITE_AT = Moment(29, 10)
_JOIN_AT = Moment(29, 12)
_OPEN_AT = Moment(28, 9)
_AGREE_AT = Moment(28, 10)


def found(stage: Stage, *, password_of: PasswordOf) -> None:
    """Do what is still missing before the first rupee moves. Each step is its own transaction.

    :param password_of: the password for an e-mail address; asked only for people to be made.
    """
    for person in STAFF:
        _add_staff(stage, person, password_of)
    for organization in ORGANIZATIONS:
        owner = PEOPLE[OWNER_OF[organization.key]]
        _register(stage, organization.key, organization.name, owner, password_of)
        _confirm(stage, owner, at=_REGISTER_AT)
        _activate(stage, organization.key)
    for person in MEMBERS:
        _bring_in(stage, person, password_of)
        _confirm(stage, person, at=_JOIN_AT)
    deliver_mail(now=stage.calendar.at(_JOIN_AT), request_id="seed-mail")
    for wallet in WALLETS.values():
        _open(stage, wallet)
    for cap in CAPS:
        _agree(stage, cap, by=cap.one, about=cap.other)
        _agree(stage, cap, by=cap.other, about=cap.one)


def _add_staff(stage: Stage, person: PersonPlan, password_of: PasswordOf) -> None:
    step = f"person:{person.key}"
    if stage.journal.knows(step):
        return
    first = person.key == FOUNDER
    user = create_staff(
        actor=program(step) if first else stage.actor(FOUNDER, step=step),
        email=person.email,
        full_name=person.name,
        platform_role=person.role,
        password=password_of(person.email),
        now=stage.calendar.at(_STAFF_AT),
    )
    stage.journal.note(step, user.id)


def _register(
    stage: Stage, key: str, name: str, owner: PersonPlan, password_of: PasswordOf
) -> None:
    step = f"organization:{key}"
    if stage.journal.knows(step):
        return
    registration = register_organization(
        actor=anonymous(door=Door.COMMAND, request_id=request_id_of(step)),
        organization_name=name,
        country="IN",
        base_currency="INR",
        timezone=TIMEZONE,
        owner_email=owner.email,
        owner_name=owner.name,
        password=password_of(owner.email),
        now=stage.calendar.at(_REGISTER_AT),
    )
    stage.journal.note(step, registration.organization.id)


def _confirm(stage: Stage, person: PersonPlan, *, at: Moment) -> None:
    """A step of its own: who registered in a seeding that was killed confirms in the next."""
    step = f"confirm:{person.key}"
    if stage.journal.knows(step):
        return
    user = stage.person(person.key)
    confirm_address(user, now=stage.calendar.at(at), request_id=request_id_of(step))
    stage.journal.note(step, user.id)
    stage.forget(person.key)


def _activate(stage: Stage, key: str) -> None:
    step = f"activate:{key}"
    if stage.journal.knows(step):
        return
    organization = activate_organization(
        actor=stage.actor(CASHIER, step=step),
        organization_id=stage.organization_id(key),
        now=stage.calendar.at(_ACTIVATE_AT),
    )
    stage.journal.note(step, organization.id)


def _bring_in(stage: Stage, person: PersonPlan, password_of: PasswordOf) -> None:
    """Invite and join. A token that a killed seeding lost is replaced by a new invitation."""
    step = f"person:{person.key}"
    if stage.journal.knows(step):
        return
    owner = OWNER_OF[person.organization]
    user = brought_in(
        owner=stage.actor(owner, step=f"invite:{person.key}"),
        stranger=anonymous(door=Door.COMMAND, request_id=request_id_of(step)),
        email=person.email,
        full_name=person.name,
        role=person.role,
        password=password_of(person.email),
        now=stage.calendar.at(_INVITE_AT),
        joined_at=stage.calendar.at(_JOIN_AT),
    )
    stage.journal.note(step, user.id)


def _open(stage: Stage, plan: WalletPlan) -> None:
    step = f"wallet:{plan.key}"
    if stage.journal.knows(step):
        return
    wallet = open_wallet(
        actor=stage.holder_actor(plan.key, step=step),
        owner_id=stage.holder_id(plan.key),
        kind=plan.kind,
        currency=plan.currency,
        now=stage.calendar.at(_OPEN_AT),
    )
    stage.journal.note(step, wallet.id)


def _agree(stage: Stage, plan: CapPlan, *, by: str, about: str) -> None:
    step = f"cap:{by}:{about}:{plan.currency}"
    if stage.journal.knows(step):
        return
    cap = set_clearing_cap(
        actor=stage.actor(FINANCE_OF[by], step=step),
        organization_id=stage.organization_id(by),
        counterparty_id=stage.organization_id(about),
        currency=plan.currency,
        cap_minor=plan.cap_minor,
        now=stage.calendar.at(_AGREE_AT),
    )
    stage.journal.note(step, cap.id)
