"""How a browser's request becomes an actor, and what a page may see.

`reads` runs a page, rendering included, inside one read-only transaction with the actor's view.
`acts` runs a form's handler outside any transaction, because the use case it calls owns its own.
"""

from __future__ import annotations

import functools
import logging
import uuid
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar, cast
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from accounts.actors import user_actor
from accounts.models import User
from accounts.queries import live_session
from accounts.services.sessions import note_seen
from kernel import clock
from kernel.actor import Actor, Door, anonymous
from kernel.addresses import client_ip
from kernel.context import reading
from kernel.errors import VaultCraftError
from kernel.rates.admission import admit
from kernel.rates.errors import QuotaExceeded
from kernel.rates.table import RouteClass
from wallets.services.lanes import DIRECT
from web.views import errors

logger = logging.getLogger(__name__)

P = ParamSpec("P")
SESSION_KEY = "sid"


class PersonRequest(HttpRequest):
    """A request of somebody signed in."""

    actor: Actor
    user: User
    session_id: uuid.UUID
    second_factor: str | None


PersonView = Callable[Concatenate[PersonRequest, P], HttpResponse]
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
V = TypeVar("V", bound=Callable[..., HttpResponse])


def request_id_of(request: HttpRequest) -> str:
    """The id the edge gave this request; a fresh one where no middleware ran."""
    return str(getattr(request, "request_id", "") or uuid.uuid4())


def stranger(request: HttpRequest) -> Actor:
    """The actor of a page that needs no sign-in."""
    return anonymous(door=Door.WEB, request_id=request_id_of(request), ip=client_ip(request.META))


def enter(
    request: HttpRequest, *, door: Door = Door.WEB, noted: bool = True
) -> PersonRequest | None:
    """The same request with its person and actor, or None when nobody is signed in.

    The cookie names a sign-in session of accounts; that row, read now, decides. So a session that
    was ended or lay idle, a person who was removed and an organization that was suspended stop at
    once, and Django's own notion of a signed-in user is never asked. Being here is noted.

    :param noted: False for what a page asks for by itself: nobody need be sitting there.
    """
    known = getattr(request, "actor", None)
    if known is not None and known.door is door:
        return cast(PersonRequest, request)
    # Until we know better. The request log asks for the user, even when the database is gone.
    request.user = AnonymousUser()
    session_id = request.session.get(SESSION_KEY)
    if session_id is None:
        return None
    now = clock.now()
    session = live_session(session_id=uuid.UUID(session_id), now=now)
    if session is None:
        request.session.flush()
        return None
    person = cast(PersonRequest, request)
    person.user = session.user
    person.session_id = session.id
    person.second_factor = session.second_factor
    person.actor = user_actor(
        user=session.user,
        door=door,
        request_id=request_id_of(request),
        ip=client_ip(request.META),
        session=session,
        now=now,
    )
    if noted:
        note_seen(actor=person.actor, session=session, now=now)
    return person


def remember(request: HttpRequest, *, session_id: uuid.UUID) -> None:
    """Bind this browser to a sign-in session, under a fresh cookie and form token."""
    request.session.flush()
    request.session[SESSION_KEY] = str(session_id)
    rotate_token(request)


def reads(view: PersonView[P]) -> View[P]:
    """A page that only looks: the view and its template run inside `reading(actor)`."""
    return require_http_methods(["GET", "HEAD"])(_inside_reading(view))


def checks(view: PersonView[P]) -> View[P]:
    """A posted form that is judged and changes nothing: inside `reading(actor)` as well."""
    return require_http_methods(["POST"])(_inside_reading(view))


def _inside_reading(view: PersonView[P]) -> View[P]:
    @functools.wraps(view)
    def inside(request: PersonRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        with reading(request.actor):
            return view(request, *args, **kwargs)

    return _signed_in(inside)


def acts(view: PersonView[P]) -> View[P]:
    """A form's handler: no transaction is open, so the view may call one use case.

    It takes one of its organization's lanes; when all are taken the page says to come again.
    """

    @functools.wraps(view)
    def in_lane(request: PersonRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        with DIRECT.one_of(request.actor.organization_id):
            return view(request, *args, **kwargs)

    return require_http_methods(["POST"])(_signed_in(in_lane))


def visits(view: PersonView[P]) -> View[P]:
    """A page that must write something before it can be drawn, as the challenge it shows."""
    return require_http_methods(["GET"])(_signed_in(view))


def _signed_in(view: PersonView[P]) -> View[P]:
    @functools.wraps(view)
    def door(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        itself = getattr(view, "by_itself", False)
        try:
            person = _admitted(request, route=rate_of(view, request), noted=not itself)
            if person is None:
                return to_sign_in(request, back=not itself)
            response = view(person, *args, **kwargs)
        except VaultCraftError as error:
            response = errors.refused(request, error)
        except OperationalError:
            logger.exception("database_unavailable")
            response = errors.unavailable(request)
        add_never_cache_headers(response)
        return response

    return door


def _admitted(request: HttpRequest, *, route: RouteClass, noted: bool) -> PersonRequest | None:
    """Who asks, counted: who has no cookie of ours before anything else is asked.

    :raises QuotaExceeded: when they come too often.
    """
    nobody = request.session.session_key is None
    if nobody:
        admit(actor=stranger(request), route=route)
    person = enter(request, noted=noted)
    if not nobody:
        admit(actor=person.actor if person else stranger(request), route=route)
    return person


def admit_strangers(request: HttpRequest, *, door: Door) -> None:
    """Count a look of who is not signed in; the staff's and people's own are counted elsewhere.

    :raises QuotaExceeded: when they come too often.
    """
    if request.session.session_key is None or enter(request, door=door) is None:
        admit(actor=stranger(request), route=RouteClass.READS)


def safe_next(request: HttpRequest, wanted: str) -> str:
    """Only addresses of this house, so that none of our pages leads anybody elsewhere."""
    allowed = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if allowed else reverse("web:home")


def counted_as(route: RouteClass) -> Callable[[V], V]:
    """Let another limit than the usual one count the requests of a signed-in person's page.

    It stands below `reads`, `checks` and `acts`, which count before they open anything.
    """

    def marked(view: V) -> V:
        view.rate = route  # type: ignore[attr-defined]
        return view

    return marked


def by_itself(view: V) -> V:
    """Mark what a page asks for without anybody doing anything: it does not keep a session alive.

    It stands below `reads`, as `counted_as`.
    """
    view.by_itself = True  # type: ignore[attr-defined]
    return view


def rate_of(view: object, request: HttpRequest) -> RouteClass:
    """The limit that counts this request: the view's own, or that of reads or of changes."""
    usual = RouteClass.READS if request.method in ("GET", "HEAD") else RouteClass.CHANGES
    found: RouteClass = getattr(view, "rate", usual)
    return found


def strangers_counted_as(route: RouteClass) -> Callable[[View[P]], View[P]]:
    """Count what somebody asks for without having signed in, by their address.

    Forms by `route`, pages that only look as reads: a look may be at somebody's token.
    """

    def counted(view: View[P]) -> View[P]:
        @functools.wraps(view)
        def door(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            try:
                posted = request.method == "POST"
                admit(actor=stranger(request), route=route if posted else RouteClass.READS)
            except QuotaExceeded as error:
                return errors.refused(request, error)
            return view(request, *args, **kwargs)

        return door

    return counted


def sign_in_address(wanted: str) -> str:
    """The sign-in page, leading on to `wanted`."""
    return f"{reverse('web:sign-in')}?{urlencode({'next': wanted})}"


def to_sign_in(request: HttpRequest, *, back: bool = True) -> HttpResponse:
    """Off to the sign-in page, and back here afterwards if this was a page.

    :param back: False for a part of a page, which is no place to come back to.
    """
    address = reverse("web:sign-in")
    if back and request.method == "GET" and request.path != reverse("web:home"):
        address = sign_in_address(request.get_full_path())
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)
