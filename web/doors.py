"""How a browser's request becomes an actor, and what a page may see.

`reads` runs a page, rendering included, inside one read-only transaction with the actor's view.
`acts` runs a form's handler outside any transaction, because the use case it calls owns its own.
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable
from typing import Concatenate, ParamSpec, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_http_methods

from accounts.actors import user_actor
from accounts.models import User
from kernel.actor import Actor, Door
from kernel.context import reading
from kernel.errors import VaultCraftError
from web.views import errors

P = ParamSpec("P")


class PersonRequest(HttpRequest):
    """A request of somebody signed in."""

    actor: Actor
    user: User


PersonView = Callable[Concatenate[PersonRequest, P], HttpResponse]
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def request_id_of(request: HttpRequest) -> str:
    """The id the edge gave this request; a fresh one where no middleware ran."""
    return str(getattr(request, "request_id", "") or uuid.uuid4())


def client_ip(request: HttpRequest) -> str | None:
    """The peer's address as the server saw it."""
    return request.META.get("REMOTE_ADDR") or None


def enter(request: HttpRequest, *, door: Door = Door.WEB) -> PersonRequest | None:
    """The same request with its actor, or None when nobody is signed in."""
    if not request.user.is_authenticated:
        return None
    person = cast(PersonRequest, request)
    person.actor = user_actor(
        user=person.user, door=door, request_id=request_id_of(request), ip=client_ip(request)
    )
    return person


def reads(view: PersonView[P]) -> View[P]:
    """A page that only looks: the view and its template run inside `reading(actor)`."""

    @functools.wraps(view)
    def page(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        person = enter(request)
        if person is None:
            return to_sign_in(request)
        try:
            with reading(person.actor):
                response = view(person, *args, **kwargs)
        except VaultCraftError as error:
            response = errors.refused(request, error)
        add_never_cache_headers(response)
        return response

    return require_http_methods(["GET", "HEAD"])(page)


def acts(view: PersonView[P]) -> View[P]:
    """A form's handler: no transaction is open, so the view may call one use case."""

    @functools.wraps(view)
    def handler(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        person = enter(request)
        if person is None:
            return to_sign_in(request)
        try:
            response = view(person, *args, **kwargs)
        except VaultCraftError as error:
            response = errors.refused(request, error)
        add_never_cache_headers(response)
        return response

    return require_http_methods(["POST"])(handler)


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Off to the sign-in page, and back here afterwards if this was a page."""
    address = reverse("web:sign-in")
    if request.method == "GET" and request.path != reverse("web:home"):
        address = f"{address}?{urlencode({'next': request.get_full_path()})}"
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)
