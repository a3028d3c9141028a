"""What is masked everywhere and shown to its owner: phone and account numbers."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.services.phones import remove_phone, reveal_phone, set_phone
from kernel import clock
from kernel.context import reading
from kernel.errors import VaultCraftError
from kernel.rates.table import RouteClass
from wallets.queries import wallet_of
from wallets.services.account_numbers import reveal_account_number
from web.doors import PersonRequest, acts, counted_as
from web.pages import page
from web.refusals import words_of

_GROUP = 4


@acts
def change_phone(request: PersonRequest) -> HttpResponse:
    """Keep a phone number, or forget it when the field was emptied."""
    typed = request.POST.get("phone", "").strip()
    try:
        if typed:
            set_phone(actor=request.actor, phone=typed, now=clock.now())
        else:
            remove_phone(actor=request.actor, now=clock.now())
    except VaultCraftError as error:
        messages.error(request, words_of(error))
    else:
        messages.success(request, "Your phone number is kept." if typed else "It is forgotten.")
    return HttpResponseRedirect(reverse("web:profile"))


@acts
@counted_as(RouteClass.REVEALS)
def show_phone(request: PersonRequest) -> HttpResponse:
    """The whole number, this once."""
    number = reveal_phone(actor=request.actor, now=clock.now())
    return _revealed(request, "Your phone number", number, number, back=reverse("web:profile"))


@acts
@counted_as(RouteClass.REVEALS)
def show_account_number(request: PersonRequest, wallet: str) -> HttpResponse:
    """The whole number of a wallet, this once."""
    number = reveal_account_number(actor=request.actor, wallet=wallet, now=clock.now())
    with reading(request.actor):
        back = reverse("web:wallet", args=[wallet_of(actor=request.actor, wallet=wallet).handle])
    shown = " ".join(number[at : at + _GROUP] for at in range(0, len(number), _GROUP))
    return _revealed(request, "Account number", number, shown, back=back)


def _revealed(
    request: PersonRequest, title: str, value: str, shown: str, *, back: str
) -> HttpResponse:
    context = {"title": title, "value": value, "shown": shown, "back": back}
    with reading(request.actor):
        return page(request, "web/revealed.html", context, here="")
