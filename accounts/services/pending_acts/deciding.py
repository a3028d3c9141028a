"""Agreeing, refusing, and taking back."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid

from accounts import policy
from accounts.choices import PendingActState
from accounts.errors import (
    MakerMayNoLonger,
    OwnPendingAct,
    PendingActDecided,
    PendingActExpired,
    PendingActNotFound,
)
from accounts.models import PendingAct
from accounts.queries import people_behind, visible_pending_acts
from accounts.services.networks.standing import require_trusted_network
from accounts.services.pending_acts.independence import require_independent_checker
from accounts.services.pending_acts.notices import tell_makers
from accounts.services.pending_acts.people import hold_people, present_checker, present_maker
from accounts.services.pending_acts.registry import Agreed, PendingKind, Result, kind_of
from accounts.services.pending_acts.taken import require_session_not_taken
from accounts.services.pending_acts.telling import tell_all
from accounts.services.settled import require_settled_factors
from kernel.actor import Actor, ActorKind
from kernel.context import reading
from kernel.errors import Kind, PermissionDenied, VaultCraftError
from kernel.transactions import needs_transaction, opens_transaction, undone_if_refused

MAX_NOTE = 200
# The act could not be tried: it stays as it was.
_NOT_TRIED = frozenset({Kind.LIMIT, Kind.UNAVAILABLE})
_DECIDED = (
    "state",
    "checker_id",
    "checker_display",
    "decided_at",
    "note",
    "reason_code",
    "result_type",
    "result_id",
)


def agree(*, actor: Actor, act_id: uuid.UUID, now: dt.datetime, note: str = "") -> PendingAct:
    """Agree to an act of another person and carry it out, in this transaction.

    Locks the act first, so that of many who agree at once one does, then what whoever changes the
    same takes turns on, then both people, then whatever else the act itself locks. Both people are
    judged by what they may do now. What executing refuses is kept with the act, which is FAILED
    then: nothing of it happened, and it is asked for anew. Records `accounts.pending_act.agree` or
    `.fail` and emits `.agreed` or `.failed`, besides what the act itself records and emits, as its
    maker, and mails the maker. Agreeing again gives the act as it stands, from wherever.

    :raises PendingActNotFound: if there is no such act, or none the actor may see.
    :raises PermissionDenied: unless the actor is a person who may agree to this kind.
    :raises OwnPendingAct: if the actor asked for it, or issued the key that did.
    :raises PendingActDecided: if it is decided or withdrawn.
    :raises PendingActExpired: if its time is over.
    :raises CheckerIsOwnInvitee: if the maker lately brought the actor in, or gave them their role;
        or the other way round; or somebody did it to both.
    :raises FactorsLatelyReset: if the actor's second factors were reset and money still waits.
    :raises Busy: if locks could not be had; it still waits then.
    :raises StepUpRequired: if the actor has to prove a second factor first; it still waits then.
    :raises SettledFactorRequired: if that has to be an app or a passkey that counts.
    :raises NetworkNotTrusted: if the actor is on a network that is new to them.
    :raises CountryNotAllowed: if their organization lets no money move from there.
    """
    if _would_agree(actor, act_id):  # nobody else leaves a record of a place
        require_trusted_network(actor=actor, now=now)
        actor = dataclasses.replace(actor, place_judged=True)
    return _agree(actor=actor, act_id=act_id, now=now, note=note)


def _would_agree(actor: Actor, act_id: uuid.UUID) -> bool:
    """Whether it is for this person to say; what they said already is only told again."""
    with reading(actor):
        act = PendingAct.objects.filter(id=act_id).first()
    if act is None or _has_agreed(actor, act):
        return False
    return policy.may(actor, kind_of(act.kind).permission_to_check)


def _has_agreed(actor: Actor, act: PendingAct) -> bool:
    agreed = act.state in (PendingActState.AGREED, PendingActState.FAILED)
    return agreed and actor.kind is ActorKind.USER and act.checker_id == actor.id


@opens_transaction
def _agree(*, actor: Actor, act_id: uuid.UUID, now: dt.datetime, note: str) -> PendingAct:
    done = _agreed_before(actor, act_id)
    if done is not None:
        return done
    act, checker = _to_decide(actor, act_id, now)
    kind, checker_id = kind_of(act.kind), checker.id
    assert checker_id is not None  # _to_decide
    require_independent_checker(act=act, checker_id=checker_id, now=now)
    require_settled_factors(actor=checker, now=now)
    try:
        with undone_if_refused():
            result = _executed(kind, act, checker, now)
    except VaultCraftError as refused:
        if refused.kind in _NOT_TRIED or isinstance(refused, _NotTheChecker):
            raise refused.__cause__ or refused from None
        result = Result("", refused=refused)
    act.result_type, act.result_id = result.subject_type, result.subject_id
    if result.refused is None:
        act.state, verb, happened = PendingActState.AGREED, "agree", "agreed"
    else:
        act.state, verb, happened = PendingActState.FAILED, "fail", "failed"
        act.reason_code = result.refused.code
    return _decided(act, checker, note, now, verb=verb, happened=happened)


@needs_transaction
def _agreed_before(actor: Actor, act_id: uuid.UUID) -> PendingAct | None:
    """What this person agreed to already: asking again is no second consent."""
    if actor.kind is not ActorKind.USER:
        return None
    act = _locked(actor, act_id)
    return act if _has_agreed(actor, act) else None


class _NotTheChecker(VaultCraftError):
    """Carries a refusal that is about the checker out of the executor; the act still waits."""


def _executed(kind: PendingKind, act: PendingAct, checker: Actor, now: dt.datetime) -> Result:
    maker = present_maker(act, now=now)
    if maker is None or not policy.may(maker, kind.permission_to_make):
        raise MakerMayNoLonger()
    require_session_not_taken(act)
    agreed = Agreed(act, maker, checker, now)
    try:
        kind.allow(agreed)
    except PermissionDenied as denied:
        raise _NotTheChecker() from denied
    return kind.execute(agreed)


@opens_transaction
def reject(*, actor: Actor, act_id: uuid.UUID, now: dt.datetime, note: str = "") -> PendingAct:
    """Refuse an act of another person. Locks it.

    It stops something, so it goes on from anywhere and with any fresh proof. Records
    `accounts.pending_act.reject`, emits `accounts.pending_act.rejected` and mails the maker. Raises
    what `agree` raises of the act and the person.
    """
    act, checker = _to_decide(actor, act_id, now, stopping=True)
    act.state = PendingActState.REJECTED
    return _decided(act, checker, note, now, verb="reject", happened="rejected")


@opens_transaction
def withdraw(*, actor: Actor, act_id: uuid.UUID, now: dt.datetime) -> PendingAct:
    """Take back what one asked for oneself, or by a key one issued. Locks the act.

    Records `accounts.pending_act.withdraw` and emits `accounts.pending_act.withdrawn`.

    :raises PendingActNotFound: if there is no such act, or none the actor may see.
    :raises PermissionDenied: if somebody else asked for it.
    :raises PendingActDecided: if it is decided or withdrawn.
    :raises PendingActExpired: if its time is over.
    """
    act = _locked(actor, act_id)
    if not _is_own(actor, act):
        raise PermissionDenied("Only who asked for it can take it back.")
    _require_waiting(act, now)
    act.state, act.decided_at = PendingActState.WITHDRAWN, now
    act.save(update_fields=["state", "decided_at"])
    tell_all([(actor, act)], verb="withdraw", happened="withdrawn", now=now)
    return act


@needs_transaction
def _to_decide(
    actor: Actor, act_id: uuid.UUID, now: dt.datetime, *, stopping: bool = False
) -> tuple[PendingAct, Actor]:
    """The act, locked, and the checker with the roles of this moment."""
    if actor.kind is not ActorKind.USER or actor.id is None:
        raise PermissionDenied("A person has to decide this.")
    act = _locked(actor, act_id)
    if _is_own(actor, act):
        raise OwnPendingAct()
    kind = kind_of(act.kind)
    kind.take_turns(act)
    hold_people(act, checker_id=actor.id)
    checker = present_checker(actor)
    if checker is None:
        raise PermissionDenied()
    policy.require(checker, kind.permission_to_check, stopping=stopping)
    _require_waiting(act, now)
    return act, checker


@needs_transaction
def _locked(actor: Actor, act_id: uuid.UUID) -> PendingAct:
    # Who may agree must see what they agree to, whether or not they see everything else.
    act = PendingAct.objects.filter(id=act_id).select_for_update(no_key=True).first()
    if act is None or not _at_home(actor, act) or not _may_know(actor, act):
        raise PendingActNotFound()
    return act


def _at_home(actor: Actor, act: PendingAct) -> bool:
    home = act.organization_id
    return actor.is_platform or (home is not None and home == actor.organization_id)


def _may_know(actor: Actor, act: PendingAct) -> bool:
    if policy.may(actor, kind_of(act.kind).permission_to_check):
        return True
    return visible_pending_acts(actor).filter(id=act.id).exists()


def _is_own(actor: Actor, act: PendingAct) -> bool:
    behind = people_behind([actor]).get(actor.principal)
    mine = {actor.id, behind} - {None}
    return bool(mine & {act.maker_id, act.maker_person_id})


def _require_waiting(act: PendingAct, now: dt.datetime) -> None:
    if act.state != PendingActState.PENDING:
        raise PendingActDecided(facts={"state": str(act.state)})
    if act.expires_at <= now:
        raise PendingActExpired()


@needs_transaction
def _decided(
    act: PendingAct, checker: Actor, note: str, now: dt.datetime, *, verb: str, happened: str
) -> PendingAct:
    act.checker_id, act.checker_display = checker.id, checker.display
    act.decided_at, act.note = now, note[:MAX_NOTE]
    act.save(update_fields=_DECIDED)
    tell_all([(checker, act)], verb=verb, happened=happened, now=now)
    tell_makers([act], actor=checker, now=now)
    return act
