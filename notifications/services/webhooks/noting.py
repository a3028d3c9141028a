"""What came of an attempt: noted, and what follows from it for the delivery and its endpoint."""

from __future__ import annotations

import datetime as dt

from kernel.actor import Actor
from kernel.transactions import needs_transaction, opens_transaction
from notifications.choices import DeliveryState, EndpointStatus, StatusReason
from notifications.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from notifications.services.webhooks.claiming import Claim
from notifications.services.webhooks.endpoints import call_off
from notifications.services.webhooks.telling import emit_state, record_act, tell_of_stop
from notifications.webhooks.sending import Outcome
from notifications.webhooks.times import FAILING_TOO_LONG, pause_after, rest_of

GONE = 410
ASKS_FOR_QUIET = frozenset({429, 503})


@opens_transaction
def note_outcome(
    *, actor: Actor, claim: Claim, outcome: Outcome, began_at: dt.datetime, now: dt.datetime
) -> None:
    """Note an attempt and what follows. Locks the endpoint if the attempt failed.

    A success ends the delivery. A failure puts it off, or ends it after the last try; `Retry-After`
    makes the endpoint rest, 410 disables it, and one that fails for `FAILING_TOO_LONG` is paused:
    then the owners are told by mail, and `notifications.webhook_endpoint.changed` is emitted. An
    attempt whose lease ran out is noted too, and changes nothing else.

    :param actor: the program itself.
    """
    endpoint = None if outcome.delivered else _locked(claim)
    _note(claim=claim, outcome=outcome, began_at=began_at)
    own = WebhookDelivery.objects.filter(
        id=claim.delivery_id, attempts=claim.attempt, state=DeliveryState.PENDING
    )
    if endpoint is None:
        own.update(state=DeliveryState.DELIVERED, finished_at=now, leased_until=None)
        _recovered(claim)
        return
    if outcome.status == GONE:
        own.update(state=DeliveryState.FAILED, finished_at=now, leased_until=None)
    else:
        rest = _rest(outcome, now=now)
        _put_off(claim=claim, rest=rest, now=now)
        if rest is not None:
            endpoint.resting_until = max(now + rest, endpoint.resting_until or now)
    _judge(actor=actor, endpoint=endpoint, claim=claim, outcome=outcome, now=now)


@needs_transaction
def _locked(claim: Claim) -> WebhookEndpoint:
    rows = WebhookEndpoint.objects.select_for_update(of=("self",), no_key=True)
    return rows.get(id=claim.endpoint_id)


@needs_transaction
def _note(*, claim: Claim, outcome: Outcome, began_at: dt.datetime) -> None:
    WebhookAttempt.objects.create(
        organization_id=claim.organization_id,
        delivery_id=claim.delivery_id,
        number=claim.attempt,
        began_at=began_at,
        took_ms=outcome.took_ms,
        url=claim.outgoing.url,
        address=outcome.address,
        request_headers=dict(outcome.request_headers),
        status=outcome.status,
        failure=outcome.failure,
        answer_headers=dict(outcome.answer_headers),
        answer_body=outcome.answer_body,
    )


@needs_transaction
def _recovered(claim: Claim) -> None:
    """The endpoint is well again; where it was, nothing is written and nothing locked."""
    WebhookEndpoint.objects.filter(
        id=claim.endpoint_id, failing_since__isnull=False, removed_at=None
    ).update(failing_since=None)


def _rest(outcome: Outcome, *, now: dt.datetime) -> dt.timedelta | None:
    asked = outcome.answer_headers.get("retry-after")
    if asked is None or outcome.status not in ASKS_FOR_QUIET:
        return None
    return rest_of(asked, now=now)


@needs_transaction
def _put_off(*, claim: Claim, rest: dt.timedelta | None, now: dt.datetime) -> None:
    own = WebhookDelivery.objects.filter(
        id=claim.delivery_id, attempts=claim.attempt, state=DeliveryState.PENDING
    )
    pause = pause_after(claim.tries)
    if pause is None:
        own.update(state=DeliveryState.FAILED, finished_at=now, leased_until=None)
        return
    own.update(next_attempt_at=now + max(pause, rest or pause), leased_until=None)


@needs_transaction
def _judge(
    *, actor: Actor, endpoint: WebhookEndpoint, claim: Claim, outcome: Outcome, now: dt.datetime
) -> None:
    """What a failure means for the endpoint, if it still is the one that was tried."""
    if endpoint.url != claim.outgoing.url or endpoint.status != EndpointStatus.ENABLED:
        return
    endpoint.failing_since = endpoint.failing_since or now
    if outcome.status == GONE:
        _stop(actor=actor, endpoint=endpoint, reason=StatusReason.GONE, now=now)
        call_off(endpoint=endpoint, now=now)
    elif now - endpoint.failing_since >= FAILING_TOO_LONG:
        _stop(actor=actor, endpoint=endpoint, reason=StatusReason.FAILING, now=now)
    endpoint.save(
        update_fields=["status", "status_reason", "changed_at", "failing_since", "resting_until"]
    )


@needs_transaction
def _stop(
    *, actor: Actor, endpoint: WebhookEndpoint, reason: StatusReason, now: dt.datetime
) -> None:
    gone = reason is StatusReason.GONE
    endpoint.status = EndpointStatus.DISABLED if gone else EndpointStatus.PAUSED
    endpoint.status_reason = reason
    endpoint.changed_at = now
    record_act(actor=actor, endpoint=endpoint, verb="disable" if gone else "pause", now=now)
    emit_state(actor=actor, endpoint=endpoint, happened="changed", now=now)
    why = "it answered 410 Gone" if gone else "nothing reached it for three days"
    tell_of_stop(actor=actor, endpoint=endpoint, why=why, now=now)
