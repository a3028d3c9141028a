"""From what amount on an organization's people approve what they move."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request

from accounts import errors as accounts_errors
from accounts.models import PendingAct as PendingActRow
from accounts.services.approvals import set_approval_policy
from api import fields
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of, path_id
from api.schema.operations import operation
from api.v1.organizations import PATH, TAG, Organization, rendered_organization
from api.v1.pending_acts import Waiting, waiting_answer
from kernel import clock
from kernel.errors import NotFound


class ApprovalPolicy(fields.StrictSerializer):
    """From what amount on people approve what they move."""

    over_minor = fields.CapField(
        allow_null=True,
        help_text="Minor units of the base currency; 0: everything, null: nothing.",
    )


class SetApprovalPolicy(Endpoint):
    """For the organization's owner."""

    @operation(
        "set_approval_policy",
        tag=TAG,
        summary="Set from what amount on your people approve what they move (owners)",
        request=ApprovalPolicy,
        description="A lower amount at once. A higher one, or none, when a second person agrees, if"
        " terms take one in the organization (`/dual-control-policy`). Owners are told by mail.",
        response=Organization,
        waits=Waiting,
        path=PATH,
        refusals=(accounts_errors.NetworkNotTrusted,),
    )
    def put(self, request: Request, organization_id: str) -> HttpResponse:
        """Set it, or switch it off."""
        order, actor = body_of(request, ApprovalPolicy), actor_of(request)
        if path_id("org", organization_id) != actor.organization_id:
            raise NotFound("There is no such organization.")
        now = clock.now()
        row = set_approval_policy(actor=actor, over_minor=order["over_minor"], now=now)
        if isinstance(row, PendingActRow):
            return waiting_answer(row, now=now).response()
        return Answer.of(rendered_organization(row)).response()
