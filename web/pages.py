"""Drawing a signed-in page: the frame and the content, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from notifications.queries import unread_count
from web.doors import PersonRequest
from web.presenters.chrome import chrome_of


def page(
    request: PersonRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    here: str,
    status: int = 200,
) -> HttpResponse:
    """Render now, while the view's transaction is open: a lazy query would see nothing later."""
    frame = {"chrome": chrome_of(request.user, here=here, unread=unread_count(request.actor))}
    return render(request, template, {**frame, **context}, status=status)


def page_or_part(
    request: PersonRequest,
    *,
    whole: str,
    part: str,
    context: Mapping[str, Any],
    here: str,
    status: int = 200,
) -> HttpResponse:
    """Render the page or, where htmx reads it anew, the part that filters and pages change."""
    wanted = part if getattr(request, "htmx", False) and request.method == "GET" else whole
    return page(request, wanted, context, here=here, status=status)
