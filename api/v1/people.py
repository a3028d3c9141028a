"""Members of an organization, and invitations to it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from accounts import errors as accounts_errors
from accounts.choices import Role
from accounts.models import Invitation as InvitationRow
from accounts.models import PendingAct as PendingActRow
from accounts.policy import require
from accounts.queries import visible_invitations, visible_people
from accounts.services import invitations, people
from accounts.services.factors.resetting import MAX_REASON, ask_for_factor_reset
from accounts.services.sessions import end_sessions_of_person
from api import fields, queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of, path_id
from api.pagination import page_of
from api.schema.operations import operation
from api.schema.shapes import page_shape
from api.v1.me import User, rendered_user
from api.v1.pending_acts import Waiting, waiting_answer
from api.v1.rendering import instant
from api.v1.shapes import id_member
from kernel import clock, ids
from kernel.context import reading

TAG = "People"


class RoleOrder(fields.StrictSerializer):
    """The role to have from now on."""

    role = serializers.ChoiceField(choices=Role.choices)


class FactorResetOrder(fields.StrictSerializer):
    """Why."""

    reason = fields.LineField(
        visible=True,
        max_length=MAX_REASON,
        help_text="How it was made sure that it is the person who asks. Kept on record.",
    )


class InvitationOrder(fields.StrictSerializer):
    """Whom to invite."""

    email = fields.EmailText()
    role = serializers.ChoiceField(choices=Role.choices)


class Invitation(serializers.Serializer[Any]):
    """An open door for one address."""

    id = id_member("inv")
    email = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)
    status = serializers.ChoiceField(choices=["open", "accepted", "withdrawn", "expired"])
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class NewInvitation(Invitation):
    """A new invitation with its token, which is shown this once."""

    token = serializers.CharField(
        allow_null=True, help_text="Null for officers: their link goes by mail alone."
    )


UserPage = page_shape(User, "UserPage")
InvitationPage = page_shape(Invitation, "InvitationPage")


class MemberQuery(queries.PageQuery):
    """Where to go on in the list."""

    list_name = "members"


class Members(Endpoint):
    """The colleagues."""

    @operation(
        "list_members",
        tag=TAG,
        summary="List the people in view, newest first",
        description="Without the right to see colleagues, only oneself.",
        response=UserPage,
        query=MemberQuery,
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of people."""
        actor, query = actor_of(request), queries.query_of(request, MemberQuery)
        with reading(actor):
            page = page_of(
                request,
                visible_people(actor),
                query=query,
                render=lambda found: [rendered_user(row) for row in found],
            )
        return Answer.of(page).response()


class OneMember(Endpoint):
    """One colleague."""

    @operation(
        "change_role",
        tag=TAG,
        summary="Give a colleague another role",
        request=RoleOrder,
        response=User,
        waits=Waiting,
        path={"user_id": "usr"},
        refusals=(accounts_errors.LastOwner, accounts_errors.NetworkNotTrusted),
    )
    def put(self, request: Request, user_id: str) -> HttpResponse:
        """Change the role."""
        order, now = body_of(request, RoleOrder), clock.now()
        user = people.change_role(
            actor=actor_of(request),
            user_id=path_id("usr", user_id),
            role=order["role"],
            now=now,
        )
        if isinstance(user, PendingActRow):
            return waiting_answer(user, now=now).response()
        return Answer.of(rendered_user(user)).response()

    @operation(
        "remove_member",
        tag=TAG,
        summary="Remove a colleague; their sessions and the API keys they issued end",
        description="Removing an owner, an admin or somebody of finance takes a factor that counts"
        " and a known network, and waits for a second person where making officers does.",
        status=204,
        waits=Waiting,
        path={"user_id": "usr"},
        refusals=(
            accounts_errors.LastOwner,
            accounts_errors.NetworkNotTrusted,
            accounts_errors.RoleChangedMeanwhile,
        ),
    )
    def delete(self, request: Request, user_id: str) -> HttpResponse:
        """Remove."""
        now = clock.now()
        done = people.remove_member(
            actor=actor_of(request), user_id=path_id("usr", user_id), now=now
        )
        if isinstance(done, PendingActRow):
            return waiting_answer(done, now=now).response()
        return HttpResponse(status=204)


class FactorReset(Endpoint):
    """Lost second factors of one colleague."""

    @operation(
        "ask_factor_reset",
        tag=TAG,
        summary="Ask that a colleague's lost second factors are removed",
        description="Another person has to agree; the act waits for that, and the colleague is told"
        " by mail at once. Whoever proves a factor meanwhile has not lost it. Once it is done all"
        " their sessions have ended, and no money moves in their name until they have added a new"
        " factor, and for a day. Platform staff do it for owners and staff alone.",
        request=FactorResetOrder,
        response=Waiting,
        status=202,
        path={"user_id": "usr"},
        refusals=(
            accounts_errors.InvalidProfile,
            accounts_errors.OwnFactorReset,
            accounts_errors.NoFactorsToReset,
        ),
    )
    def post(self, request: Request, user_id: str) -> HttpResponse:
        """Ask."""
        order, now = body_of(request, FactorResetOrder), clock.now()
        act = ask_for_factor_reset(
            actor=actor_of(request),
            user_id=path_id("usr", user_id),
            reason=order["reason"],
            now=now,
        )
        return waiting_answer(act, now=now).response()


class MemberSessions(Endpoint):
    """Where one colleague is signed in."""

    @operation(
        "end_member_sessions",
        tag=TAG,
        summary="Sign a colleague out everywhere, at once",
        description="For owners and admins; platform staff may for anybody. The person is told by"
        " mail. Their API keys and their role stay.",
        status=204,
        path={"user_id": "usr"},
    )
    def delete(self, request: Request, user_id: str) -> HttpResponse:
        """End all of them."""
        end_sessions_of_person(
            actor=actor_of(request), user_id=path_id("usr", user_id), now=clock.now()
        )
        return HttpResponse(status=204)


class InvitationQuery(queries.PageQuery):
    """Where to go on in the list."""

    list_name = "invitations"


class Invitations(Endpoint):
    """The list of invitations, and making one."""

    @operation(
        "list_invitations",
        tag=TAG,
        summary="List invitations, newest first",
        response=InvitationPage,
        query=InvitationQuery,
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of invitations."""
        actor, query = actor_of(request), queries.query_of(request, InvitationQuery)
        require(actor, "people.read")
        now = clock.now()
        with reading(actor):
            page = page_of(
                request,
                visible_invitations(actor),
                query=query,
                render=lambda found: [rendered_invitation(row, now=now) for row in found],
            )
        return Answer.of(page).response()

    @operation(
        "invite_member",
        tag=TAG,
        summary="Invite somebody into the organization",
        description="An earlier open invitation to the same address is withdrawn. The link goes by"
        " mail; for roles other than officers' (owner, admin, finance) the token is answered, too,"
        " to be passed on by hand.",
        request=InvitationOrder,
        response=NewInvitation,
        status=201,
        refusals=(
            accounts_errors.AlreadyMember,
            accounts_errors.InvalidProfile,
            accounts_errors.OfficersByRoleOnly,
            accounts_errors.NetworkNotTrusted,
        ),
    )
    def post(self, request: Request) -> HttpResponse:
        """Invite."""
        now = clock.now()
        row, token = invitations.invite(
            actor=actor_of(request), now=now, **body_of(request, InvitationOrder)
        )
        found = {**rendered_invitation(row, now=now), "token": token or None}
        return Answer.of(found, status=201).response()


class OneInvitation(Endpoint):
    """One invitation."""

    @operation(
        "withdraw_invitation",
        tag=TAG,
        summary="Withdraw an open invitation",
        status=204,
        path={"invitation_id": "inv"},
    )
    def delete(self, request: Request, invitation_id: str) -> HttpResponse:
        """Withdraw."""
        invitations.withdraw_invitation(
            actor=actor_of(request),
            invitation_id=path_id("inv", invitation_id),
            now=clock.now(),
        )
        return HttpResponse(status=204)


def rendered_invitation(invitation: InvitationRow, *, now: Any) -> dict[str, Any]:
    """One invitation, never with its token."""
    return {
        "id": ids.encode("inv", invitation.id),
        "email": invitation.email,
        "role": invitation.role,
        "status": _status(invitation, now=now),
        "created_at": instant(invitation.created_at),
        "expires_at": instant(invitation.expires_at),
    }


def _status(invitation: InvitationRow, *, now: Any) -> str:
    if invitation.accepted_at is not None:
        return "accepted"
    if invitation.withdrawn_at is not None:
        return "withdrawn"
    return "open" if now < invitation.expires_at else "expired"
