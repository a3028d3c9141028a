"""Uploads that are too large for any form are refused before their first byte is read.

The form's token travels in the body, so Django would read all of it before a view is asked.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from kyc.errors import DocumentTooLarge
from kyc.policy import MAX_DOCUMENT_BYTES
from web.views import errors

_API = "/api/"  # which refuses by itself, with problems


class UploadLimitMiddleware:
    """Answers a body of files that is too long, or of unknown length, in the view's stead."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _is_upload(request) and not 0 < _length(request) <= settings.FILE_UPLOAD_MAX_MEMORY_SIZE:
            megabytes = MAX_DOCUMENT_BYTES // 2**20
            error = DocumentTooLarge(f"Send at most {megabytes} MB. Go back and choose another.")
            return errors.refused(request, error)
        return self.get_response(request)


def _is_upload(request: HttpRequest) -> bool:
    return request.content_type == "multipart/form-data" and not request.path.startswith(_API)


def _length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0
