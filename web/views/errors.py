"""Pages for what went wrong. They read nothing from the database, which may be what is broken."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.errors import EmailNotConfirmed, SettledFactorRequired, StepUpRequired
from kernel.errors import Kind, VaultCraftError
from kernel.rates.errors import QuotaExceeded
from web.refusals import STATUS_OF_KIND, SYMBOL_OF_KIND, sentence_of


def refused(request: HttpRequest, error: VaultCraftError) -> HttpResponse:
    """The page of a foreseen refusal; for an act to be confirmed, the one that leads there."""
    if isinstance(error, SettledFactorRequired) or error.facts.get("takes_strong"):
        return _to_page(request, "web:security-officers")
    if isinstance(error, StepUpRequired):
        return _to_page(request, "web:step-up")
    answer = _page(
        request,
        status=STATUS_OF_KIND[error.kind],
        code=error.code,
        title=error.title,
        detail=_words(error),
        symbol=SYMBOL_OF_KIND.get(error.kind, "circle-alert"),
    )
    if isinstance(error, QuotaExceeded):
        answer["Retry-After"] = str(error.retry_after_seconds)
    return answer


def _words(error: VaultCraftError) -> str:
    if isinstance(error, EmailNotConfirmed):
        return sentence_of(code=error.code).words
    return _WORDS.get(error.kind, error.detail)


def _to_page(request: HttpRequest, place: str) -> HttpResponse:
    """Off to prove it, and back to the page the act was begun on: what was typed is typed again."""
    back = request.get_full_path()
    if request.method != "GET":
        came_from = urlsplit(request.headers.get("Referer", ""))
        back = came_from._replace(scheme="", netloc="", fragment="").geturl()
        back = back if came_from.netloc == request.get_host() else reverse("web:home")
    address = f"{reverse(place)}?{urlencode({'next': back})}"
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: the browser sent something we cannot read."""
    return _page(
        request,
        status=400,
        code="bad_request",
        title="That request made no sense to us",
        detail="Nothing was changed. Go back, reload the page and try again.",
        symbol="circle-alert",
    )


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: signed in, but not for this."""
    return _page(
        request,
        status=403,
        code="permission_denied",
        title="This is not yours to open",
        detail=_WORDS[Kind.FORBIDDEN],
        symbol="lock",
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: nothing here, or nothing that may be seen from here."""
    return _page(
        request,
        status=404,
        code="not_found",
        title="There is nothing here",
        detail=_WORDS[Kind.NOT_FOUND],
        symbol="search",
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault."""
    return _page(
        request,
        status=500,
        code="internal_error",
        title="Something broke on our side",
        detail=(
            "We have been told. If you were sending money, look at your activity before you try "
            "again: what is listed there has moved, what is not has not."
        ),
        symbol="triangle-alert",
    )


def unavailable(request: HttpRequest) -> HttpResponse:
    """503: the database went away. Whatever was asked for either happened whole or not at all."""
    answer = _page(
        request,
        status=503,
        code="database_unavailable",
        title="We lost our database for a moment",
        detail=(
            "Reload this page to try again. If you were confirming a transfer, that is safe: the "
            "same confirmation never moves money twice."
        ),
        symbol="hourglass",
    )
    answer["Retry-After"] = "2"
    return answer


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form's anti-forgery token is missing or old."""
    return _page(
        request,
        status=403,
        code="csrf_failed",
        title="This form has expired",
        detail="Nothing was changed. Reload the page you came from and send the form again.",
        symbol="clock",
    )


_WORDS: dict[Kind, str] = {
    Kind.FORBIDDEN: "Your role does not include this. An owner of your organization can help.",
    Kind.NOT_FOUND: "The page moved, the link is wrong, or it belongs to another organization.",
    Kind.LIMIT: "That was too much in too short a time. Nothing was changed; wait a little.",
    Kind.UNAVAILABLE: "We are busy right now and changed nothing. Try again in a moment.",
}


def _page(
    request: HttpRequest, *, status: int, code: str, title: str, detail: str, symbol: str
) -> HttpResponse:
    content = render_to_string(
        "errors/page.html",
        {
            "status": status,
            "code": code,
            "title": title,
            "detail": detail,
            "symbol": symbol,
            "next_url": reverse("web:home"),
            "next_label": "Go to home",
            "request_id": getattr(request, "request_id", ""),
        },
    )
    answer = HttpResponse(content, status=status)
    answer.refusal_code = code  # type: ignore[attr-defined] # for the request log
    return answer
