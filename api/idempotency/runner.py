"""Run an effect once for each key."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
from collections.abc import Callable
from typing import Any

import structlog
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, HttpResponse

from accounts.errors import (
    ApprovalRefused,
    CountryNotAllowed,
    EmailNotConfirmed,
    FactorsLatelyReset,
    NetworkNotTrusted,
    StepUpRequired,
)
from api import errors
from api.answers import Answer
from api.idempotency import guards
from api.idempotency.guards import KEPT, Claim, Held
from api.problems import request_id_of
from kernel import crypto
from kernel.errors import Kind, VaultCraftError
from wallets.errors import ReferenceReused
from wallets.services.lanes import DIRECT

log = structlog.get_logger(__name__)

KEY_HEADER = "Idempotency-Key"
KEY_PATTERN = r'^("[ -~]{1,255}"|[!#-~]([ -~]{0,253}[!-~])?)$'
REPLAYED_HEADER = "Idempotent-Replayed"
MAX_KEY_LENGTH = 255

_KEY = re.compile(KEY_PATTERN)
_NOT_KEPT = frozenset({Kind.LIMIT, Kind.UNAVAILABLE})
# What lacks its approval or a proof, or comes from a place that is not known yet, was not judged:
# with it, or from there later, the same may go through.
NOT_JUDGED = (
    ApprovalRefused,
    StepUpRequired,
    EmailNotConfirmed,
    NetworkNotTrusted,
    CountryNotAllowed,
    FactorsLatelyReset,
)

Effect = Callable[[Claim], Answer]


def key_of(request: HttpRequest) -> str:
    """The key the client chose, without the quotes of a structured header.

    :raises IdempotencyKeyMissing: if there is none.
    :raises IdempotencyKeyMalformed: unless it has 1 to 255 printable ASCII characters.
    """
    given = request.headers.get(KEY_HEADER)
    if given is None:
        raise errors.IdempotencyKeyMissing("This operation moves money: name the request.")
    if not _KEY.fullmatch(given):
        raise errors.IdempotencyKeyMalformed("Use 1 to 255 printable ASCII characters.")
    return given[1:-1] if given.startswith('"') else given


_sorted = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def canonical(payload: Any) -> str:
    """The body's meaning as one text: the order of members and white space do not count."""
    return _sorted(payload)


def without_approval(payload: Any) -> Any:
    """What a body asks for: an approval is how it may be asked, and does not make it another."""
    if not isinstance(payload, dict):
        return payload
    return {name: value for name, value in payload.items() if name != "approval"}


def run_once(
    request: HttpRequest, *, claim: Claim, effect: Effect, grouped: bool = False
) -> HttpResponse:
    """Perform the effect and keep its answer, or send the answer of the first time.

    A refusal is an answer like another. An answer that says "later" (429, 503), one of `NOT_JUDGED`
    or a crash is not kept: the guard is released, and the next attempt finds out in the books what
    happened.

    :param grouped: whether the effect is committed together with others; any other takes one of
        its organization's lanes.
    :raises Busy: if all lanes are taken.
    :raises ReferenceReused: if the key belongs to another body.
    :raises IdempotencyKeyExpired: if the answer is no longer kept.
    :raises RequestInFlight: while the first request is at work.
    """
    held = guards.claimed(claim)
    if held is None:
        return _replay(claim)
    try:
        lane = contextlib.nullcontext() if grouped else DIRECT.one_of(claim.actor.organization_id)
        with lane:
            answer = _performed(request, claim, effect)
        kept = _kept(held, answer)
    except BaseException:
        _release(held)
        raise
    if kept:
        return _sent(answer)
    # The lease ran out while we worked and somebody took over: theirs is the answer.
    return _replay(claim)


def _performed(request: HttpRequest, claim: Claim, effect: Effect) -> Answer:
    try:
        return effect(claim)
    except VaultCraftError as error:
        if error.kind in _NOT_KEPT or isinstance(error, NOT_JUDGED):
            raise
        answer = Answer.of_error(error, request_id=request_id_of(request))
        return dataclasses.replace(answer, recorded=False)


def _kept(held: Held, answer: Answer) -> bool:
    try:
        return guards.answered(held, answer)
    except DatabaseError:
        if not answer.recorded:
            raise  # nothing happened: better no answer than one that a retry may contradict
        # The effect stands in the books, so the answer is true and can be rendered again.
        log.warning("idempotent_answer_not_kept", route=held.claim.route, exc_info=True)
        _release(held)
        return True


def _release(held: Held) -> None:
    # The connection may be the very thing that broke: then a new one is tried, and failing that
    # the lease ends by itself.
    with contextlib.suppress(DatabaseError):
        if connection.connection is not None and not connection.is_usable():
            connection.close()
        guards.released(held)


def _replay(claim: Claim) -> HttpResponse:
    guard = guards.known(claim)
    if guard is None:
        raise errors.RequestInFlight()
    if guard.created_at <= claim.now - KEPT:
        raise errors.IdempotencyKeyExpired(
            f"Its answer was kept for {KEPT.days} days.", facts={"kept_days": KEPT.days}
        )
    if bytes(guard.fingerprint) != claim.fingerprint:
        raise ReferenceReused("Send the same body, or use a new key.")
    if guard.status is None or guard.body is None:
        raise errors.RequestInFlight("Ask again in a moment with the same key.")
    body = bytes(guard.body)
    return _sent(Answer(status=guard.status, body=body, headers=guard.headers, replayed=True))


def _sent(answer: Answer) -> HttpResponse:
    """The response; marked when it repeats what was done before, whether the guard was kept or not.

    PostgreSQL may lose the last guards when it dies: then the books tell, and a client should not
    see the difference.
    """
    response = answer.response()
    if answer.replayed:
        response[REPLAYED_HEADER] = "true"
    return response


def claim_of(request: HttpRequest, *, actor: Any, route: str, payload: Any, now: Any) -> Claim:
    """The claim of this request.

    :param payload: the parsed body, before defaults are filled in, as `without_approval` leaves it.
    """
    return Claim(
        actor=actor,
        route=route,
        key=key_of(request),
        fingerprint=crypto.fingerprint(route, canonical(payload)),
        now=now,
    )
