"""The mailed link that opens a network which is new to somebody, asked for on the staff site.

Whoever looks at a page of the staff site is told there that power and money wait; see
`web.presenters.whereabouts.network_notice`.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.services.networks import send_network_link
from kernel import clock
from kernel.errors import VaultCraftError
from kernel.rates.table import RouteClass
from web.doors import counted_as, safe_next
from web.refusals import words_of
from web.views.staff import actor_of


@counted_as(RouteClass.PROOFS)
@require_POST
def send_link(request: HttpRequest) -> HttpResponse:
    """E-mail the link, and go on where it was asked for."""
    try:
        send_network_link(actor=actor_of(request), now=clock.now())
    except VaultCraftError as error:
        messages.error(request, words_of(error))
    else:
        messages.success(request, "We mailed you a link. It works for half an hour.")
    wanted = request.POST.get("next") or reverse("admin:index")
    return HttpResponseRedirect(safe_next(request, wanted))
