"""What people read about the API: the schema, the page that tries it, the list of errors."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from api import problems
from api.answers import JSON
from api.schema.document import schema_bytes
from kernel.errors import registered_errors


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """The OpenAPI 3.1 document."""
    response = HttpResponse(schema_bytes(), content_type=JSON)
    response["Cache-Control"] = "public, max-age=300"
    return response


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Swagger UI; page, styles and script are separate files of our own, as the CSP asks."""
    return render(request, "api/docs.html")


@require_safe
def errors(request: HttpRequest) -> HttpResponse:
    """Every problem the API can answer with; a problem's `type` leads here."""
    listed = [
        {
            "code": code,
            "title": error.title,
            "status": problems.status_of(error),
            "retryable": error.retryable,
            "description": " ".join((error.__doc__ or "").partition(":param")[0].split()),
        }
        for code, error in sorted(registered_errors().items())
    ]
    return render(request, "api/errors.html", {"errors": listed})
