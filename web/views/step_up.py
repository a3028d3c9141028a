"""Confirming that it is still the same person, before a sensitive act."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.choices import FactorMethod
from accounts.errors import ChallengeEnded, TooManyFactorTries
from accounts.services.challenges import answer_to_step_up, challenge_to_step_up
from accounts.services.factors import factors_of
from kernel import clock
from kernel.context import reading
from kernel.errors import VaultCraftError
from kernel.rates.table import RouteClass
from web import steps
from web.doors import PersonRequest, acts, counted_as, safe_next, visits
from web.forms import ProofForm
from web.pages import page
from web.refusals import STATUS_OF_KIND, explain, words_of

TEMPLATE = "web/step_up.html"


@visits
def step_up(request: PersonRequest) -> HttpResponse:
    """Ask for a factor. A mail goes out only when somebody presses the button."""
    wanted = safe_next(request, request.GET.get("next", ""))
    step = steps.kept(request, now=clock.now())
    if step is None or step.wanted != wanted:
        step = None if _needs_mail(request) else _begin(request, wanted=wanted)
    if step is None:
        return _drawn(request, {"wanted": wanted})
    form = ProofForm(method=step.method_of(request.GET.get("method", "")))
    return _drawn(request, _context(step, form))


@acts
@counted_as(RouteClass.PROOFS)
def begin(request: PersonRequest) -> HttpResponse:
    """Send a code by e-mail, and go to where it is typed."""
    wanted = safe_next(request, request.POST.get("next", ""))
    try:
        _begin(request, wanted=wanted)
    except VaultCraftError as error:
        messages.error(request, words_of(error))
        return _drawn(request, {"wanted": wanted}, status=STATUS_OF_KIND[error.kind])
    return HttpResponseRedirect(steps.address(reverse("web:step-up"), wanted))


@acts
@counted_as(RouteClass.PROOFS)
def answer(request: PersonRequest) -> HttpResponse:
    """Judge the factor, and lead back to where the act was begun."""
    step = steps.kept(request, now=clock.now())
    if step is None:
        return HttpResponseRedirect(reverse("web:step-up"))
    form = ProofForm(request.POST, method=step.method_of(request.POST.get("method_name", "")))
    if not form.is_valid():
        return _drawn(request, _context(step, form), status=400)
    try:
        answer_to_step_up(
            actor=request.actor,
            session_id=request.session_id,
            challenge=step.challenge,
            method=form.method,
            proof=form.cleaned_data["proof"],
            now=clock.now(),
        )
    except (ChallengeEnded, TooManyFactorTries) as error:
        steps.drop(request)
        messages.error(request, words_of(error))
        return HttpResponseRedirect(steps.address(reverse("web:step-up"), step.wanted))
    except VaultCraftError as error:
        explain(form, error)
        return _drawn(request, _context(step, form), status=STATUS_OF_KIND[error.kind])
    steps.drop(request)
    request.session.cycle_key()  # whoever copied the cookie before has gained nothing by it
    messages.success(request, "Thank you, that is confirmed for ten minutes. Now go on.")
    return HttpResponseRedirect(safe_next(request, step.wanted))


def _needs_mail(request: PersonRequest) -> bool:
    with reading(request.actor):
        return FactorMethod.EMAIL in factors_of(request.user.id).methods


def _begin(request: PersonRequest, *, wanted: str) -> steps.Step:
    now = clock.now()
    challenge = challenge_to_step_up(actor=request.actor, session_id=request.session_id, now=now)
    return steps.keep(request, challenge, wanted=wanted, now=now)


def _context(step: steps.Step, form: ProofForm) -> dict[str, object]:
    return {**steps.context_of(step, form, place=reverse("web:step-up")), "wanted": step.wanted}


def _drawn(
    request: PersonRequest, context: dict[str, object], *, status: int = 200
) -> HttpResponse:
    with reading(request.actor):
        return page(request, TEMPLATE, context, here="security", status=status)
