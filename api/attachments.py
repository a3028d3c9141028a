"""Files that people sent, on their way out: saved, never shown in the page's own origin."""

from __future__ import annotations

from django.http import HttpResponse

MEDIA_TYPE = "application/octet-stream"


def attachment(*, name: str, content: bytes) -> HttpResponse:
    """The bytes as a download that nothing keeps, guesses at or runs (OWASP ASVS 5.0, 3.2 and 5.4).

    :param name: one of our own, of plain ASCII.
    """
    answer = HttpResponse(content, content_type=MEDIA_TYPE)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
