"""What templates need beside Django's own tags: icons and instants."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

register = template.Library()

_TAG = len("<td")
_HANDLE = re.compile(r"\b(VC-[0-9A-Z]{6})\b")


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """A symbol of our icon sheet; decoration only, so hidden from assistive technology."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        extra,
        static("img/icons.svg"),
        name,
    )


@register.filter
def handles(text: str) -> SafeString:
    """A sentence whose handles of wallets are not broken over two lines at their hyphen."""
    pieces = _HANDLE.split(str(text))
    kinds = ("", "nowrap")  # every other piece is what was split by
    return format_html_join(
        "", '<span class="{}">{}</span>', ((kinds[at % 2], one) for at, one in enumerate(pieces))
    )


@register.filter
def breakable(address: str) -> SafeString:
    """An e-mail address that breaks after its @ before it breaks anywhere else."""
    who, at, home = str(address).rpartition("@")
    return format_html("{}{}<wbr>{}", who, at, home) if at else format_html("{}", home)


@register.filter
def labelled(cells: Iterable[str], headers: Sequence[Mapping[str, Any]]) -> list[SafeString]:
    """The cells of one row of the staff site's lists, each with the name of its column.

    :param cells: whole ones, as Django draws them: ``<td ...>`` or ``<th ...>``.
    """
    named = zip(cells, headers, strict=True)
    return [_labelled(cell, strip_tags(str(header["text"]))) for cell, header in named]


def _labelled(cell: str, label: str) -> SafeString:
    mark = format_html(' data-label="{}"', capfirst(label)) if label else ""
    return mark_safe(f"{cell[:_TAG]}{mark}{cell[_TAG:]}")  # noqa: S308 # both are markup already


@register.simple_tag
def when(at: dt.datetime | None, style: str = "full") -> SafeString | str:
    """An instant: UTC as rendered, and said so; made local by the script, with UTC in the title.

    :param style: ``full``, ``short`` (no year), ``day``, ``clock`` or ``moment`` (no year).
    """
    if at is None:
        return "—"
    utc = at.astimezone(dt.UTC)
    shapes = {
        "short": f"{utc.day} {utc:%b}",
        "day": f"{utc.day} {utc:%b %Y}",
        "clock": f"{utc:%H:%M} UTC",
        "moment": f"{utc.day} {utc:%b, %H:%M} UTC",
    }
    words = shapes.get(style, f"{utc.day} {utc:%b %Y, %H:%M} UTC")
    return format_html(
        '<time datetime="{}" data-style="{}" title="{} UTC">{}</time>',
        f"{utc:%Y-%m-%dT%H:%M:%S.%f}Z",
        style,
        f"{utc:%Y-%m-%d %H:%M:%S}",
        words,
    )
