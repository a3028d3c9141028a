"""What goes through the mailbox: confirming an address, a forgotten password; and changing one."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request

from accounts import errors as accounts_errors
from accounts.services import confirming, passwords
from api import fields
from api.endpoint import Endpoint, actor_of, body_of, session_of
from api.schema.operations import operation
from api.v1.organizations import Nothing
from kernel import clock
from kernel.rates.table import RouteClass

TAG = "Sign-in"
MAX_PASSWORD = 1_000
MAX_TOKEN = 200
NEW = "8 to 128 characters."


class MailedToken(fields.StrictSerializer):
    """The token of a link that came by mail."""

    token = fields.TextField(max_length=MAX_TOKEN, help_text="The last part of the link.")


class AddressOrder(fields.StrictSerializer):
    """The address to mail to."""

    email = fields.EmailText()


class NewPassword(MailedToken):
    """The token of the link, and the password to have from now on."""

    password = fields.TextField(max_length=MAX_PASSWORD, help_text=NEW)


class PasswordChange(fields.StrictSerializer):
    """The present password, and the one to have from now on."""

    old_password = fields.TextField(max_length=MAX_PASSWORD)
    new_password = fields.TextField(max_length=MAX_PASSWORD, help_text=NEW)


class ConfirmEmail(Endpoint):
    """Open to everybody who has the link."""

    rate = RouteClass.REGISTRATION

    public = True
    authentication_classes = []

    @operation(
        "confirm_email",
        tag=TAG,
        summary="Confirm an e-mail address",
        description="Each link is good once. Until its address is confirmed a person may look, and"
        " nothing else. Signs nobody in.",
        request=MailedToken,
        status=204,
        refusals=(accounts_errors.InvalidLink,),
        public=True,
    )
    def post(self, request: Request) -> HttpResponse:
        """Confirm."""
        order = body_of(request, MailedToken)
        confirming.confirm_email(actor=actor_of(request), now=clock.now(), **order)
        return HttpResponse(status=204)


class ResendConfirmation(Endpoint):
    """For people who are signed in."""

    rate = RouteClass.PROOFS

    @operation(
        "resend_confirmation",
        tag=TAG,
        summary="Have the link that confirms one's address sent again",
        description="Earlier links end. Nothing happens when the address is confirmed already.",
        request=Nothing,
        status=204,
        refusals=(accounts_errors.TooManyMails,),
    )
    def post(self, request: Request) -> HttpResponse:
        """Send it again."""
        body_of(request, Nothing)
        confirming.resend_confirmation(actor=actor_of(request), now=clock.now())
        return HttpResponse(status=204)


class ForgotPassword(Endpoint):
    """Open to everybody."""

    rate = RouteClass.REGISTRATION

    public = True
    authentication_classes = []

    @operation(
        "forgot_password",
        tag=TAG,
        summary="Have a link for a new password mailed",
        description="The answer is the same whether or not somebody signs in with the address.",
        request=AddressOrder,
        status=204,
        refusals=(accounts_errors.InvalidProfile,),
        public=True,
    )
    def post(self, request: Request) -> HttpResponse:
        """Ask."""
        order = body_of(request, AddressOrder)
        passwords.ask_for_password_reset(actor=actor_of(request), now=clock.now(), **order)
        return HttpResponse(status=204)


class ResetPassword(Endpoint):
    """Open to everybody who has the link."""

    rate = RouteClass.SIGN_IN

    public = True
    authentication_classes = []

    @operation(
        "reset_password",
        tag=TAG,
        summary="Choose a new password with a mailed link",
        description="Each link is good once, for half an hour. All sessions of the person end, and"
        " nobody is signed in: a second factor is asked for as ever.",
        request=NewPassword,
        status=204,
        refusals=(accounts_errors.InvalidLink, accounts_errors.WeakPassword),
        public=True,
    )
    def post(self, request: Request) -> HttpResponse:
        """Reset."""
        order = body_of(request, NewPassword)
        passwords.reset_password(actor=actor_of(request), now=clock.now(), **order)
        return HttpResponse(status=204)


class ChangePassword(Endpoint):
    """For people who are signed in."""

    rate = RouteClass.PROOFS

    @operation(
        "change_password",
        tag="Me",
        summary="Change my password",
        description="Needs a second factor of the last ten minutes. All other sessions end.",
        request=PasswordChange,
        status=204,
        refusals=(
            accounts_errors.StepUpRequired,
            accounts_errors.WrongPassword,
            accounts_errors.WeakPassword,
            accounts_errors.TooManyAttempts,
        ),
    )
    def post(self, request: Request) -> HttpResponse:
        """Change it."""
        order = body_of(request, PasswordChange)
        actor, session_id = actor_of(request), session_of(request)
        passwords.change_password(actor=actor, session_id=session_id, now=clock.now(), **order)
        return HttpResponse(status=204)
