"""Sagas that have not ended, for staff: where each stands, and the way out of one that is stuck."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.timesince import timesince

from accounts.policy import may, require, require_but_place
from accounts.queries import display_names
from events.choices import AttemptState, SagaState
from events.models import Saga, SagaAttempt
from events.queries import last_attempts, unfinished_sagas
from events.saga import registered
from kernel import clock
from kernel.actor import Actor
from kernel.context import reading
from kernel.errors import VaultCraftError
from kernel.ids import encode
from kernel.money import display
from ledger.queries import currencies
from wallets.models import Transfer
from wallets.services.payouts.mending import MAX_REASON, MEND, Remedy, ask_to_mend
from wallets.services.transfers.reserving import PAYOUT
from web.forms import LineField
from web.refusals import words_of
from web.views.staff import actor_of, chosen_ids, draw
from web.views.staff_pending_acts import said

READ = "events.read_delivery"
MOST_SHOWN = 200
_LEAD = (
    "Nobody could say whether the bank has paid, so the money is still reserved. Look into the "
    "bank's statement first. Settling as paid takes the money; settling as failed frees it. "
    "Nothing takes either back, and a bank that pays afterwards has paid out of nobody's wallet. "
    "Trying again asks the bank anew. A second person of the staff agrees first."
)
_TONES = {SagaState.STUCK: "bad", SagaState.COMPENSATING: "warn"}


@dataclasses.dataclass(frozen=True, slots=True)
class SagaLine:
    """One saga as the page shows it.

    :param last: what became of the last attempt, and the kind of error; never its words.
    """

    id: uuid.UUID
    name: str
    subject_id: uuid.UUID
    organization: str
    standing: str
    tone: str
    step: str
    attempts: int
    last: str
    age: str
    due_at: dt.datetime | None
    decides: bool


class MendForm(forms.Form):
    """What becomes of it, and why."""

    remedy = forms.ChoiceField(label="What becomes of it", choices=Remedy.choices)
    reason = LineField(
        max_length=MAX_REASON,
        help_text="What you saw, and where. Kept with the act and in the audit record.",
    )


def overview(request: HttpRequest) -> HttpResponse:
    """What is stuck first, then what goes on, the oldest first."""
    actor, now = actor_of(request), clock.now()
    require(actor, READ)
    rows = list(unfinished_sagas()[: MOST_SHOWN + 1])
    last = last_attempts(rows)
    homes = display_names({row.organization_id for row in rows})
    decides = may(actor, MEND)
    lines = [_line(row, last.get(row.id), homes, now=now, may_mend=decides) for row in rows]
    context = {
        "title": "Sagas",
        "rows": lines[:MOST_SHOWN],
        "more": len(lines) > MOST_SHOWN,
        "most": MOST_SHOWN,
    }
    return draw(request, "admin/sagas.html", context)


def _line(
    saga: Saga,
    last: SagaAttempt | None,
    homes: dict[uuid.UUID, str],
    *,
    now: dt.datetime,
    may_mend: bool,
) -> SagaLine:
    state = SagaState(saga.state)
    stuck = state is SagaState.STUCK
    return SagaLine(
        id=saga.id,
        name=saga.name,
        subject_id=saga.subject_id,
        organization=homes.get(saga.organization_id, ""),
        standing="Stuck" if stuck else state.label.capitalize(),
        tone=_TONES.get(state, ""),
        step=_step(saga),
        attempts=saga.fence,  # one lease for each
        last=_last(last),
        age=timesince(saga.started_at, now, depth=1),
        due_at=None if stuck else saga.due_at,
        decides=stuck and may_mend and saga.name == PAYOUT,
    )


def _step(saga: Saga) -> str:
    """The step's name, and whether it is being undone."""
    kinds = {kind.name: kind for kind in registered()}
    kind = kinds.get(saga.name)
    name = kind.steps[saga.step].name if kind else str(saga.step)
    undoing = saga.state == SagaState.COMPENSATING or (
        saga.state == SagaState.STUCK and not saga.turned
    )
    return f"undo {name}" if undoing else name


def _last(last: SagaAttempt | None) -> str:
    if last is None:
        return ""
    label = AttemptState(last.state).label.capitalize()
    return f"{label}: {last.error}" if last.error else label


def mend_page(request: HttpRequest) -> HttpResponse:
    """Ask what becomes of one payout that is stuck, then leave that to wait for a second person.

    :raises StepUpRequired: unless a second factor was proven a short while ago.
    """
    actor = actor_of(request)
    require_but_place(actor, MEND)
    given = request.POST if request.method == "POST" else request.GET
    chosen = chosen_ids(given.getlist("id"))
    if len(chosen) != 1:
        messages.error(request, "Choose one payout that is stuck.")
        return _back()
    form = MendForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return _asked(request, actor, chosen[0], form)
    try:
        done = ask_to_mend(
            actor=actor,
            saga_id=chosen[0],
            remedy=form.cleaned_data["remedy"],
            reason=form.cleaned_data["reason"],
            now=clock.now(),
        )
    except VaultCraftError as error:
        messages.error(request, words_of(error))
    else:
        said(request, done, "")
    return _back()


def _asked(request: HttpRequest, actor: Actor, saga_id: uuid.UUID, form: MendForm) -> HttpResponse:
    with reading(actor):
        stuck = Saga.objects.filter(id=saga_id, name=PAYOUT, state=SagaState.STUCK)
        transfers = Transfer.objects.filter(id__in=stuck.values("subject_id"))
        context = {
            "title": "Decide about a payout",
            "lead": _LEAD,
            "form": form,
            "rows": [(saga_id, encode("trf", row.id), _words(row)) for row in transfers],
            "back": "admin:sagas",
        }
        return draw(request, "admin/confirm.html", context)


def _words(transfer: Transfer) -> str:
    currency = currencies().get(code=transfer.currency_id)
    amount = display(
        amount_minor=transfer.amount_minor, currency=currency.code, exponent=currency.exponent
    )
    ends = f"{transfer.source_handle} to {transfer.destination_handle}"
    return f"{amount} from {ends}, asked for {transfer.created_at:%d %b %Y, %H:%M} UTC"


def _back() -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:sagas"))
