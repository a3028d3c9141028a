"""Leaving an act to wait."""

from __future__ import annotations

import dataclasses
import datetime as dt
import secrets
import uuid
from collections.abc import Mapping, Sequence

from django.db.models import Q

from accounts.choices import PendingActState
from accounts.models import PendingAct, SignInSession
from accounts.queries import people_behind
from accounts.services.pending_acts.notices import ask_checkers
from accounts.services.pending_acts.telling import tell_all
from accounts.services.runtime import value_of
from accounts.system import PENDING_ACT_HOURS
from kernel.actor import Actor, ActorKind
from kernel.errors import InvariantBroken, PermissionDenied
from kernel.ids import new_id
from kernel.rows import insert_rows
from kernel.transactions import needs_transaction

_COLUMNS = {
    "id": "uuid",
    "organization_id": "uuid",
    "kind": "text",
    "facts": "jsonb",
    "amount_minor": "bigint",
    "currency": "text",
    "reference": "bytea",
    "fingerprint": "bytea",
    "maker_kind": "text",
    "maker_id": "uuid",
    "maker_person_id": "uuid",
    "maker_display": "text",
    "door": "text",
    "request_id": "text",
    "made_at": "timestamptz",
    "expires_at": "timestamptz",
    "state": "text",
    "checker_display": "text",
    "note": "text",
    "reason_code": "text",
    "result_type": "text",
    "session_id": "uuid",
}
_BYTES = 32


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One act to leave waiting.

    :param organization_id: whose act it is; None for the platform's own.
    :param facts: plain JSON, all that executing takes; people by id only.
    :param reference: 32 bytes of the request; the same again is the same act.
    """

    actor: Actor
    kind: str
    organization_id: uuid.UUID | None
    facts: Mapping[str, object]
    reference: bytes
    fingerprint: bytes
    now: dt.datetime
    amount_minor: int | None = None
    currency: str | None = None


@needs_transaction
def make_many(wanted: Sequence[Wanted]) -> list[PendingAct]:
    """Leave acts waiting, in a constant number of statements; the acts in the same order.

    What waits or waited under a reference already is given back as it stands. Records
    `accounts.pending_act.make` and emits `accounts.pending_act.made` for each new one, and mails
    those who could agree.

    :raises PermissionDenied: if a person asks in no session of theirs: nothing could tell later
        whose hand it was. A trigger holds it, too.
    """
    _require_sessions([one.actor for one in wanted])
    people = people_behind([one.actor for one in wanted])
    lifetime = dt.timedelta(hours=int(value_of(PENDING_ACT_HOURS)))
    rows = {one.reference: _row(one, people, lifetime) for one in wanted}
    insert_rows(
        table="accounts_pendingact",
        columns=_COLUMNS,
        rows=[rows[reference] for reference in sorted(rows)],  # rivals wait, and never deadlock
        on_conflict="ON CONFLICT (reference) DO NOTHING",
    )
    found = {
        bytes(act.reference): act
        for act in PendingAct.objects.select_related("checker").filter(reference__in=list(rows))
    }
    if found.keys() != rows.keys():
        raise InvariantBroken("a pending act stands where its maker cannot see it")
    made = [found[reference] for reference, row in rows.items() if found[reference].id == row[0]]
    actors = {one.reference: one.actor for one in wanted}
    new = [(actors[bytes(act.reference)], act) for act in made]
    tell_all(new, verb="make", happened="made")
    ask_checkers(new)
    return [found[one.reference] for one in wanted]


@needs_transaction
def _require_sessions(actors: Sequence[Actor]) -> None:
    wanted = {(actor.session_id, actor.id) for actor in actors if actor.kind is ActorKind.USER}
    if not wanted:
        return
    asked = [session for session, _ in wanted if session is not None]
    rows = SignInSession.objects.filter(id__in=asked)
    if wanted - set(rows.values_list("id", "user_id")):
        raise PermissionDenied("Sign in to ask for this.")


@needs_transaction
def make_pending(
    *,
    actor: Actor,
    kind: str,
    organization_id: uuid.UUID | None,
    facts: Mapping[str, object],
    now: dt.datetime,
    amount_minor: int | None = None,
    currency: str | None = None,
    reference: bytes | None = None,
    fingerprint: bytes = bytes(_BYTES),
) -> PendingAct:
    """Leave one act waiting; see `Wanted` and `make_many`.

    :param reference: None where requests have no key: then the same wish of the same maker that
        still waits is given back.
    """
    if reference is None:
        waiting = _same_wish(actor, kind, organization_id, facts, amount_minor, currency, now)
        if waiting is not None:
            return waiting
    wanted = Wanted(
        actor=actor,
        kind=kind,
        organization_id=organization_id,
        facts=facts,
        reference=reference or secrets.token_bytes(_BYTES),
        fingerprint=fingerprint,
        now=now,
        amount_minor=amount_minor,
        currency=currency,
    )
    return make_many([wanted])[0]


def _same_wish(
    actor: Actor,
    kind: str,
    organization_id: uuid.UUID | None,
    facts: Mapping[str, object],
    amount_minor: int | None,
    currency: str | None,
    now: dt.datetime,
) -> PendingAct | None:
    """What waits already and says all of it: a wish of another amount is another wish."""
    waiting = PendingAct.objects.filter(
        Q(organization_id=organization_id, maker_id=actor.id),
        kind=kind,
        state=PendingActState.PENDING,
        expires_at__gt=now,
        facts=dict(facts),
        amount_minor=amount_minor,
        currency=currency,
        session_id=actor.session_id,
    )
    return waiting.select_related("checker").first()


def _row(
    one: Wanted, people: Mapping[str, uuid.UUID], lifetime: dt.timedelta
) -> tuple[object, ...]:
    actor = one.actor
    person = people.get(actor.principal)
    return (
        new_id(),
        one.organization_id,
        one.kind,
        dict(one.facts),
        one.amount_minor,
        one.currency,
        one.reference,
        one.fingerprint,
        actor.kind.value,
        actor.id,
        # A key that the program issued has nobody behind it.
        None if actor.kind is ActorKind.API_KEY and person == actor.id else person,
        actor.display,
        actor.door.value,
        actor.request_id,
        one.now,
        one.now + lifetime,
        PendingActState.PENDING.value,
        "",
        "",
        "",
        "",
        actor.session_id,
    )
