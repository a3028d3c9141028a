"""Mail about acts that wait, to who could agree, and about what became of them, to who asked.

Nothing that counts is in it: whoever agrees signs in and reads the act itself.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from django.db.models import Q

from accounts.actors import user_actor
from accounts.choices import MailKind, PendingActState
from accounts.models import PendingAct, User
from accounts.permissions import PERMISSIONS
from accounts.services.mail import queue_mail
from accounts.services.pending_acts.independence import Chain, chains_of
from accounts.services.pending_acts.people import present_maker
from accounts.services.pending_acts.registry import Agreed, kind_of, state_of, summary_of
from kernel.actor import Actor
from kernel.errors import PermissionDenied
from kernel.ids import encode
from kernel.transactions import needs_transaction

MOST_RECEIVERS = 10
_MOST_LOOKED_AT = 100

_OUTCOMES = {
    PendingActState.AGREED: "{who} agreed, and it is done.",
    PendingActState.FAILED: "{who} agreed, and then it was refused. Nothing has happened.",
    PendingActState.REJECTED: "{who} rejected it. Nothing has happened.",
    PendingActState.EXPIRED: "Nobody decided in time. Nothing has happened.",
}

Made = tuple[Actor, PendingAct]


@needs_transaction
def ask_checkers(made: Sequence[Made]) -> None:
    """Mail those who could agree, now that the acts wait.

    One mail for each person and kind of act, and at most `MOST_RECEIVERS` people for a kind in an
    organization, the oldest accounts first: a batch mails nobody twice.
    """
    groups: dict[tuple[UUID | None, str], list[Made]] = defaultdict(list)
    for actor, act in made:
        groups[act.organization_id, act.kind].append((actor, act))
    for group in groups.values():
        candidates = _candidates(group[0][1])
        chains = _chains(candidates, [act for _, act in group])
        asked = (
            (user, theirs)
            for user in candidates
            if (theirs := [one for one in group if _could_agree(user, *one, chains)])
        )
        for user, theirs in itertools.islice(asked, MOST_RECEIVERS):
            _ask(user, theirs)


@needs_transaction
def who_could_agree(acts: Iterable[PendingAct], *, now: dt.datetime) -> dict[UUID, list[User]]:
    """By act: everybody who could agree to it now, the oldest accounts first; nobody once decided.

    What acts of one kind, house and maker have in common is read once.
    """
    found: dict[UUID, list[User]] = {}
    groups: dict[tuple[object, ...], list[PendingAct]] = defaultdict(list)
    for act in acts:
        found[act.id] = []
        if state_of(act, now=now) == PendingActState.PENDING:
            same = (act.organization_id, act.kind, act.maker_kind, act.maker_id, act.door)
            groups[same].append(act)
    for group in groups.values():
        maker = present_maker(group[0], now=now)
        if maker is not None:
            found |= _checkers(group, maker)
    return found


@needs_transaction
def _checkers(acts: Sequence[PendingAct], maker: Actor) -> dict[UUID, list[User]]:
    """Who could agree to each of the acts of one maker, kind and house."""
    candidates = _candidates(acts[0])
    chains = _chains(candidates, acts)
    return {
        act.id: [user for user in candidates if _could_agree(user, maker, act, chains)]
        for act in acts
    }


@needs_transaction
def tell_makers(acts: Iterable[PendingAct], *, actor: Actor, now: dt.datetime) -> None:
    """Mail those who asked, or whose API key did: one mail for each person and outcome.

    Who was removed meanwhile, or whose key the program issued, is nobody to tell.
    """
    groups: dict[tuple[UUID, str], list[PendingAct]] = defaultdict(list)
    for act in acts:
        if act.maker_person_id is not None:
            groups[act.maker_person_id, act.state].append(act)
    people = User.objects.filter(id__in=[person for person, _ in groups], is_active=True).in_bulk()
    for (person, state), theirs in sorted(groups.items()):
        if person not in people:
            continue
        outcome = _OUTCOMES[PendingActState(state)].format(who=theirs[0].checker_display)
        queue_mail(
            actor=actor,
            user=people[person],
            kind=MailKind.PENDING_ACT_DECIDED,
            variables={"what": _what(theirs), "outcome": outcome, "place": _place(theirs)},
            now=now,
        )


@needs_transaction
def _candidates(act: PendingAct) -> list[User]:
    """Whose role may agree to acts of the kind, in the act's own house."""
    row = PERMISSIONS[kind_of(act.kind).permission_to_check]
    if act.organization_id is None:
        house = Q(platform_role__in=row.platform)
    else:
        house = Q(organization_id=act.organization_id, role__in=row.roles)
    people = User.objects.select_related("organization").filter(
        house, is_active=True, email_confirmed_at__isnull=False
    )
    return list(people.order_by("id")[:_MOST_LOOKED_AT])


@needs_transaction
def _chains(candidates: Sequence[User], acts: Sequence[PendingAct]) -> dict[UUID, Chain]:
    makers = [act.maker_person_id for act in acts if act.maker_person_id is not None]
    return chains_of([*(user.id for user in candidates), *makers], now=acts[0].made_at)


def _could_agree(user: User, maker: Actor, act: PendingAct, chains: Mapping[UUID, Chain]) -> bool:
    asks = act.maker_person_id
    if user.id in (act.maker_id, asks):
        return False
    if asks is not None and not chains[user.id].is_independent_of(chains[asks]):
        return False
    checker = user_actor(user=user, door=maker.door, request_id=maker.request_id)
    try:
        kind_of(act.kind).allow(Agreed(act, maker, checker, act.made_at))
    except PermissionDenied:
        return False
    return True


@needs_transaction
def _ask(user: User, made: Sequence[Made]) -> None:
    actor, first = made[0]
    makers = {act.maker_display for _, act in made}
    acts = [act for _, act in made]
    queue_mail(
        actor=actor,
        user=user,
        kind=MailKind.PENDING_ACT_WAITS,
        variables={
            "maker": makers.pop() if len(makers) == 1 else f"{len(makers)} people",
            "what": _what(acts),
            "until": f"{first.expires_at:%d %B %Y, %H:%M} UTC",
            "place": _place(acts),
        },
        now=first.made_at,
        expires_at=first.expires_at,
    )


def _what(acts: Sequence[PendingAct]) -> str:
    """One sentence of one act; of several of one kind how many there are."""
    if len(acts) == 1:
        return summary_of(acts[0])
    titles = {kind_of(act.kind).title for act in acts}
    return f"{len(acts)} acts: {', '.join(sorted(titles))}"


def _place(acts: Sequence[PendingAct]) -> str:
    """Where they are seen: on the pages of people, or on the staff site."""
    act, one = acts[0], len(acts) == 1
    if act.organization_id is None:
        return f"admin/pending-acts/decide/?id={act.id}" if one else "admin/pending-acts/"
    return f"pending-acts/{encode('pac', act.id)}" if one else "pending-acts"
