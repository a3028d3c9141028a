"""What every room's staff pages share: rows are looked at, never typed over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from kernel.ids import MalformedId, decode
from kernel.money import display

if TYPE_CHECKING:
    # Django's own classes take no type argument when they run.
    _ModelAdmin = admin.ModelAdmin[Any]
    _TabularInline = admin.TabularInline[Any, Any]
else:
    _ModelAdmin = admin.ModelAdmin
    _TabularInline = admin.TabularInline


class ReadOnlyAdmin(_ModelAdmin):
    """Lists and detail pages without a way to add, change or delete a row.

    The request's actor is `request.actor`, set by the site. Changes are actions that call services.
    """

    list_per_page = 50
    list_max_show_all = 50
    show_full_result_count = False
    actions_on_bottom = False

    def get_search_results(self, request: Any, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """As Django's, and a public id (``trf_01...``) finds its row."""
        return super().get_search_results(request, queryset, _plain_id(search_term))

    def has_add_permission(self, request: object) -> bool:
        """Nobody adds a row here."""
        return False

    def has_change_permission(self, request: object, obj: object | None = None) -> bool:
        """Nobody changes a row here."""
        return False

    def has_delete_permission(self, request: object, obj: object | None = None) -> bool:
        """Nobody deletes a row here."""
        return False


class ReadOnlyInline(_TabularInline):
    """Rows of another table below a detail page, as read-only as the page."""

    extra = 0
    can_delete = False
    show_change_link = False

    def has_add_permission(self, request: object, obj: object | None = None) -> bool:
        """Nobody adds a row here."""
        return False

    def has_change_permission(self, request: object, obj: object | None = None) -> bool:
        """Nobody changes a row here."""
        return False

    def has_delete_permission(self, request: object, obj: object | None = None) -> bool:
        """Nobody deletes a row here."""
        return False


def _plain_id(term: str) -> str:
    """The UUID behind a public id; any other term stays as it is."""
    word = term.strip()
    try:
        return str(decode(word.rpartition("_")[0], word))
    except MalformedId:
        return term


def money(amount_minor: int | None, currency: Any) -> str:
    """An amount for a list cell; a dash where there is none.

    :param currency: a row with `code` and `exponent`.
    """
    if amount_minor is None:
        return "—"
    return display(amount_minor=amount_minor, currency=currency.code, exponent=currency.exponent)
