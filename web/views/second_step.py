"""The second step of signing in: after the password, a factor; then a session, a new cookie."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import policy
from accounts.choices import FactorMethod
from accounts.errors import ChallengeEnded, TooManyFactorTries
from accounts.factor_resets import waits_for_a_factor
from accounts.models import User
from accounts.services.challenges import (
    Proof,
    answer_at_sign_in,
    challenge_at_sign_in,
    second_factor_is_needed,
    send_code_again,
)
from accounts.services.devices import known_device
from kernel import clock
from kernel.crypto import new_token
from kernel.errors import VaultCraftError
from kernel.rates.table import RouteClass
from web import steps
from web.device_cookie import device_token_of, leave_behind, welcome
from web.doors import safe_next, stranger, strangers_counted_as
from web.forms import ProofForm
from web.refusals import STATUS_OF_KIND, explain, words_of

_WAIT_SECONDS = 600
TEMPLATE = "web/second_step.html"


def go_on(request: HttpRequest, user: User, *, wanted: str) -> HttpResponse:
    """Lead somebody whose password was right on: in, or to the second step.

    The cookie's session begins anew before anything is kept in it, so nobody who planted a cookie
    shares what follows.
    """
    now = clock.now()
    known = known_device(user_id=user.id, token=device_token_of(request), now=now)
    if not second_factor_is_needed(user=user, device_is_known=known is not None):
        response = HttpResponseRedirect(wanted)
        welcome(request, response, user)
        return response
    device = new_token()
    challenge = challenge_at_sign_in(actor=stranger(request), user=user, device=device, now=now)
    leave_behind(request)
    request.session.set_expiry(_WAIT_SECONDS)
    steps.keep(request, challenge, wanted=wanted, now=now, device=device)
    return HttpResponseRedirect(reverse("web:second-step"))


@never_cache
@require_http_methods(["GET", "POST"])
@strangers_counted_as(RouteClass.SIGN_IN)
def second_step(request: HttpRequest) -> HttpResponse:
    """Ask for the factor, judge it, and let its person in."""
    step = steps.kept(request, now=clock.now())
    if step is None:
        return HttpResponseRedirect(reverse("web:sign-in"))
    place = reverse("web:second-step")
    if request.method == "GET":
        form = ProofForm(method=step.method_of(request.GET.get("method", "")))
        return render(request, TEMPLATE, steps.context_of(step, form, place=place))
    form = ProofForm(request.POST, method=step.method_of(request.POST.get("method_name", "")))
    context = steps.context_of(step, form, place=place)
    if not form.is_valid():
        return render(request, TEMPLATE, context, status=400)
    try:
        proof = answer_at_sign_in(
            actor=stranger(request),
            challenge=step.challenge,
            method=form.method,
            proof=form.cleaned_data["proof"],
            device=step.device,
            now=clock.now(),
        )
    except (ChallengeEnded, TooManyFactorTries) as error:
        return begin_again(request, error)
    except VaultCraftError as error:
        explain(form, error)
        return render(request, TEMPLATE, context, status=STATUS_OF_KIND[error.kind])
    response = HttpResponseRedirect(_onward(request, proof, wanted=step.wanted))
    welcome(request, response, proof.user, second_factor=proof.method)
    return response


@never_cache
@require_http_methods(["POST"])
@strangers_counted_as(RouteClass.SIGN_IN)
def resend(request: HttpRequest) -> HttpResponse:
    """Another code by e-mail, in place of the one before."""
    now = clock.now()
    step = steps.kept(request, now=now)
    if step is None:
        return HttpResponseRedirect(reverse("web:sign-in"))
    try:
        send_code_again(
            actor=stranger(request), challenge=step.challenge, device=step.device, now=now
        )
    except ChallengeEnded as error:
        return begin_again(request, error)
    except VaultCraftError as error:
        messages.error(request, words_of(error))
    else:
        messages.success(request, "A new code is on its way. The one before counts no more.")
    return HttpResponseRedirect(reverse("web:second-step"))


def begin_again(request: HttpRequest, error: VaultCraftError) -> HttpResponse:
    """Back to the password: this step cannot be answered any more."""
    steps.drop(request)
    messages.error(request, words_of(error))
    return HttpResponseRedirect(reverse("web:sign-in"))


def _onward(request: HttpRequest, proof: Proof, *, wanted: str) -> str:
    """Who should have a strong factor and has none, or lost theirs, is led to add one first."""
    wanted = safe_next(request, wanted)
    user = proof.user
    strict = policy.needs_strong_factor(role=user.role, platform_role=user.platform_role)
    lost = waits_for_a_factor(reset_at=user.factors_reset_at, renewed_at=user.factors_renewed_at)
    if (strict or lost) and proof.method is FactorMethod.EMAIL:
        return steps.address(reverse("web:security-set-up"), wanted)
    return wanted
