"""From what amount on the organization's people approve what they move."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.models import Organization, PendingAct
from accounts.policy import require_but_place
from accounts.services.approvals import set_approval_policy
from kernel import clock
from kernel.errors import PermissionDenied, VaultCraftError
from ledger.queries import currencies
from web.doors import PersonRequest, acts
from web.forms.fields import minor_of
from web.forms.rules import ApprovalPolicyForm
from web.refusals import STATUS_OF_KIND, explain
from web.views.organization import again
from web.views.pending_acts import to_pending_act


@acts
def set_over(request: PersonRequest) -> HttpResponse:
    """Set the amount, ask for every approval, or for none."""
    require_but_place(request.actor, "organizations.set_approval_policy")
    organization = request.user.organization
    if organization is None:
        raise PermissionDenied()
    form = ApprovalPolicyForm(request.POST, currency=organization.base_currency, prefix="approval")
    if not form.is_valid():
        return again(request, status=400, approval_form=form)
    try:
        done = set_approval_policy(
            actor=request.actor, over_minor=_over_minor(form, organization), now=clock.now()
        )
    except VaultCraftError as error:
        explain(form, error)
        return again(request, status=STATUS_OF_KIND[error.kind], approval_form=form)
    if isinstance(done, PendingAct):
        return to_pending_act(request, done)
    messages.success(request, "It holds from now on.")
    return HttpResponseRedirect(f"{reverse('web:organization')}#approval-policy")


def _over_minor(form: ApprovalPolicyForm, organization: Organization) -> int | None:
    """Minor units of the base currency; None where nothing is asked for.

    :raises InvalidAmount: for an amount that is none.
    """
    given = form.cleaned_data
    if given["when"] != ApprovalPolicyForm.OVER:
        return 0 if given["when"] == ApprovalPolicyForm.EVERY else None
    exponent = currencies().get(code=organization.base_currency).exponent
    return minor_of(given["amount"], exponent=exponent)
