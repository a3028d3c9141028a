"""Acts that wait for a second person: looking at them, agreeing, refusing, taking back."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from accounts import errors as accounts_errors
from accounts.choices import PendingActState
from accounts.models import PendingAct as PendingActRow
from accounts.queries import visible_pending_acts
from accounts.services.pending_acts import agree, kind_of, reject, state_of, summary_of, withdraw
from api import fields, queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of, path_id
from api.pagination import page_of
from api.schema.operations import operation
from api.schema.shapes import page_shape
from api.v1.organizations import Nothing
from api.v1.payees import PayeeAtBank, rendered_payee
from api.v1.rendering import instant, money, typed_id
from api.v1.shapes import MadeBy, Money, Person, id_member
from kernel import clock, ids
from kernel.context import reading

TAG = "Dual control"
PATH = {"pending_act_id": "pac"}
MAX_NOTE = 200

_PREFIX_OF_ACTOR = {"user": "usr", "api_key": "key"}
_PREFIX_OF_RESULT = {
    "transfer": "trf",
    "transaction": "txn",
    "user": "usr",
    "organization": "org",
    "fee_schedule": "fee",
    "limit_rule": "lim",
}


class ActResult(serializers.Serializer[Any]):
    """What an act made or changed."""

    type = serializers.CharField()
    id = serializers.CharField(allow_null=True)


class PendingAct(serializers.Serializer[Any]):
    """What one person wants and another has to agree to."""

    id = id_member("pac")
    kind = serializers.CharField()
    title = serializers.CharField()
    summary = serializers.CharField()
    state = serializers.ChoiceField(choices=PendingActState.choices)
    amount = Money(allow_null=True)
    facts = serializers.DictField(help_text="All that carrying it out takes, as it was asked for.")
    made_by = MadeBy()
    made_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    decided_by = Person(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    note = serializers.CharField()
    reason_code = serializers.CharField(
        allow_null=True, help_text="Why it was refused when it was carried out."
    )
    result = ActResult(allow_null=True)


class PendingActWhole(PendingAct):
    """One act, with whom a payout would pay."""

    payee = PayeeAtBank(allow_null=True)


class Waiting(serializers.Serializer[Any]):
    """The act waits for a second person: nothing else has happened. Poll it."""

    pending_act = PendingAct()


PendingActPage = page_shape(PendingAct, "PendingActPage")


class Decision(fields.StrictSerializer):
    """Why; kept with the act."""

    note = fields.LineField(max_length=MAX_NOTE, default="", allow_blank=True)


class PendingActQuery(queries.PageQuery):
    """Filters of the list."""

    list_name = "pending_acts"

    state = queries.one_of(*PendingActState.values, required=False)


DECIDING = (
    accounts_errors.PendingActNotFound,
    accounts_errors.PendingActDecided,
    accounts_errors.PendingActExpired,
)


class PendingActs(Endpoint):
    """The list."""

    @operation(
        "list_pending_acts",
        tag=TAG,
        summary="List acts that wait or waited for a second person, newest first",
        description="One's own; who may see all of the organization's sees those of colleagues.",
        response=PendingActPage,
        query=PendingActQuery,
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of acts."""
        actor, query = actor_of(request), queries.query_of(request, PendingActQuery)
        now = clock.now()
        rows = in_state(visible_pending_acts(actor), query.get("state"), now=now)
        with reading(actor):
            page = page_of(
                request,
                rows,
                query=query,
                render=lambda found: [rendered_pending_act(row, now=now) for row in found],
            )
        return Answer.of(page).response()


class OnePendingAct(Endpoint):
    """One act."""

    @operation(
        "read_pending_act",
        tag=TAG,
        summary="Read one act that waits or waited",
        description="Of a payout, `payee` is the account at a bank that it would go to.",
        response=PendingActWhole,
        query=queries.Query,
        path=PATH,
        refusals=(accounts_errors.PendingActNotFound,),
    )
    def get(self, request: Request, pending_act_id: str) -> HttpResponse:
        """The act as it stands now."""
        queries.query_of(request)
        actor, wanted = actor_of(request), path_id("pac", pending_act_id)
        with reading(actor):
            row = visible_pending_acts(actor).filter(id=wanted).first()
            if row is None:
                raise accounts_errors.PendingActNotFound()
            found = rendered_pending_act(row, now=clock.now()) | {"payee": rendered_payee(row)}
        return Answer.of(found).response()


class AgreeToPendingAct(Endpoint):
    """Agreeing."""

    @operation(
        "agree_to_pending_act",
        tag=TAG,
        summary="Agree to another person's act and carry it out",
        description="It is carried out once, whoever agrees and however often: sending it again"
        " gives the act as it stands. What refuses it then is its `reason_code`, and the state"
        " `failed`: nothing has happened and it has to be asked for anew.",
        request=Decision,
        response=PendingAct,
        path=PATH,
        refusals=(
            *DECIDING,
            accounts_errors.OwnPendingAct,
            accounts_errors.BeneficiaryOfPendingAct,
            accounts_errors.CheckerIsOwnInvitee,
            accounts_errors.FactorsLatelyReset,
            accounts_errors.MoneyReadOnly,
            accounts_errors.NetworkNotTrusted,
            accounts_errors.CountryNotAllowed,
        ),
    )
    def post(self, request: Request, pending_act_id: str) -> HttpResponse:
        """Agree."""
        given, now = body_of(request, Decision), clock.now()
        act = agree(
            actor=actor_of(request),
            act_id=path_id("pac", pending_act_id),
            note=given["note"],
            now=now,
        )
        return Answer.of(rendered_pending_act(act, now=now)).response()


class RejectPendingAct(Endpoint):
    """Refusing."""

    @operation(
        "reject_pending_act",
        tag=TAG,
        summary="Refuse another person's act",
        request=Decision,
        response=PendingAct,
        path=PATH,
        refusals=(*DECIDING, accounts_errors.OwnPendingAct),
    )
    def post(self, request: Request, pending_act_id: str) -> HttpResponse:
        """Refuse."""
        given, now = body_of(request, Decision), clock.now()
        act = reject(
            actor=actor_of(request),
            act_id=path_id("pac", pending_act_id),
            note=given["note"],
            now=now,
        )
        return Answer.of(rendered_pending_act(act, now=now)).response()


class WithdrawPendingAct(Endpoint):
    """Taking back."""

    @operation(
        "withdraw_pending_act",
        tag=TAG,
        summary="Take back what one asked for",
        request=Nothing,
        response=PendingAct,
        path=PATH,
        refusals=DECIDING,
    )
    def post(self, request: Request, pending_act_id: str) -> HttpResponse:
        """Take back."""
        body_of(request, Nothing)
        now = clock.now()
        act = withdraw(actor=actor_of(request), act_id=path_id("pac", pending_act_id), now=now)
        return Answer.of(rendered_pending_act(act, now=now)).response()


def in_state(rows: Any, state: str | None, *, now: dt.datetime) -> Any:
    """The acts in a state, as whoever looks now is told it: time ends an act by itself."""
    if state is None:
        return rows
    if state == PendingActState.PENDING:
        return rows.filter(state=state, expires_at__gt=now)
    if state == PendingActState.EXPIRED:
        overdue = rows.filter(state=PendingActState.PENDING, expires_at__lte=now)
        return rows.filter(state=state) | overdue
    return rows.filter(state=state)


def waiting_answer(act: PendingActRow, *, now: dt.datetime) -> Answer:
    """202 with the act, and where to poll it; 200 once it is decided, for a late retry."""
    found = rendered_pending_act(act, now=now)
    return Answer.of(
        {"pending_act": found},
        status=202 if found["state"] == PendingActState.PENDING else 200,
        location=f"/api/v1/pending-acts/{found['id']}",
    )


def rendered_pending_act(act: PendingActRow, *, now: dt.datetime) -> dict[str, Any]:
    """One act."""
    has_amount = act.amount_minor is not None and act.currency is not None
    return {
        "id": ids.encode("pac", act.id),
        "kind": act.kind,
        "title": kind_of(act.kind).title,
        "summary": summary_of(act),
        "state": str(state_of(act, now=now)),
        "amount": money(act.amount_minor, act.currency) if has_amount else None,  # type: ignore[arg-type]
        "facts": act.facts,
        "made_by": {
            "kind": act.maker_kind,
            "id": typed_id(_PREFIX_OF_ACTOR[act.maker_kind], act.maker_id),
            "door": act.door,
            "name": act.maker_display,
        },
        "made_at": instant(act.made_at),
        "expires_at": instant(act.expires_at),
        "decided_by": _person(act.checker_id, act.checker_display),
        "decided_at": instant(act.decided_at),
        "note": act.note,
        "reason_code": act.reason_code or None,
        "result": _result(act),
    }


def _person(user_id: uuid.UUID | None, name: str) -> dict[str, Any] | None:
    return None if user_id is None else {"id": ids.encode("usr", user_id), "name": name}


def _result(act: PendingActRow) -> dict[str, Any] | None:
    if not act.result_type:
        return None
    prefix = _PREFIX_OF_RESULT.get(act.result_type)
    return {"type": act.result_type, "id": typed_id(prefix, act.result_id) if prefix else None}
