"""From one page of the staff site to another."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

NOTHING = "—"


def to_page(request: Any, page: str, **asked: str) -> Any:
    """On to the page that confirms an action on the ticked rows."""
    chosen = request.POST.getlist("_selected_action")
    return redirect(f"{reverse(page)}?{urlencode({**asked, 'id': chosen}, doseq=True)}")


def link(model: str, key: uuid.UUID | None, words: str) -> SafeString | str:
    """A link to the detail page of a row; a dash where there is none.

    :param model: ``app_model``.
    """
    if key is None:
        return NOTHING
    return format_html('<a href="{}">{}</a>', reverse(f"admin:{model}_change", args=[key]), words)


def links(found: Iterable[SafeString | str]) -> SafeString | str:
    """Several links, each on its own line; a dash for none."""
    return format_html_join("", "<div>{}</div>", ((one,) for one in found)) or NOTHING


def pill(words: str, tone: str = "") -> SafeString:
    """A word with a tone: good, warn, bad or none."""
    return format_html('<span class="pill {}">{}</span>', tone and f"pill-{tone}", words)
