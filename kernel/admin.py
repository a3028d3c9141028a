"""What every room's staff pages share: rows are looked at, never typed over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import flatten, get_fields_from_path
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest, ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.db import DataError
from django.db.models import DateField, ForeignKey

from kernel.ids import MalformedId, decode
from kernel.money import display

if TYPE_CHECKING:
    # Django's own classes take no type argument when they run.
    _ModelAdmin = admin.ModelAdmin[Any]
    _TabularInline = admin.TabularInline[Any, Any]
else:
    _ModelAdmin = admin.ModelAdmin
    _TabularInline = admin.TabularInline


class CarefulList(ChangeList):
    """A list whose filters may hold values that no column can have."""

    def get_results(self, request: Any) -> None:
        """As Django's; this is where the database first reads what stood in the address.

        :raises BadRequest: if a value cannot be read: a year too far away, a NUL character.
        """
        try:
            super().get_results(request)
        except (DataError, OverflowError, ValueError) as error:
            raise BadRequest("A filter's value cannot be read") from error


class CarefulAdmin(_ModelAdmin):
    """Lists answer only the questions they offer.

    Django lets the address filter a list by any column, so a column that no page shows could be
    guessed letter by letter. Here a filter must be one that the list draws, and what a detail page
    hides from a reader is neither filtered nor searched by.
    """

    view_on_site = False

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        """Whether the list offers this filter; every other parameter is answered with 400."""
        return lookup in self._offered(request)

    def get_list_filter(self, request: Any) -> list[Any]:
        """The filters by what the reader may see of every row."""
        hidden = self._hidden(request)
        return [one for one in super().get_list_filter(request) if _root(one) not in hidden]

    def get_search_fields(self, request: Any) -> list[str]:
        """The searched columns that the reader may see of every row."""
        hidden = self._hidden(request)
        return [name for name in super().get_search_fields(request) if _root(name) not in hidden]

    def get_search_results(self, request: Any, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """As Django's, and a public id (``trf_01...``) finds its row."""
        words = _plain_id(search_term.replace("\0", ""))
        return super().get_search_results(request, queryset, words)

    def get_changelist(self, request: Any, **kwargs: Any) -> type[ChangeList]:
        """The list that survives unreadable values."""
        return CarefulList

    def get_object(self, request: Any, object_id: str, from_field: str | None = None) -> Any:
        """As Django's; no key holds a NUL character, and the database refuses to look for one."""
        return None if "\0" in object_id else super().get_object(request, object_id, from_field)

    def response_action(self, request: Any, queryset: Any, *rest: Any, **options: Any) -> Any:
        """As Django's, for rows whose ticked keys can be keys at all.

        :raises BadRequest: one of them cannot: `abc` for a UUID, a number too large.
        """
        for ticked in request.POST.getlist(ACTION_CHECKBOX_NAME):
            self._check_key(ticked)
        return super().response_action(request, queryset, *rest, **options)

    def _check_key(self, ticked: str) -> None:
        key = self.opts.pk
        try:
            ProhibitNullCharactersValidator()(ticked)
            key.run_validators(key.to_python(ticked))
        except (ValidationError, OverflowError, ValueError) as error:
            raise BadRequest("A ticked row's key cannot be read") from error

    def _offered(self, request: Any) -> set[str]:
        key = self.opts.pk.name
        offered = {key, f"{key}__exact"}
        for one in self.get_list_filter(request):
            own = getattr(one, "parameter_name", None)
            offered |= {own} if own else _lookups_of(self.model, str(one))
        return offered

    def _hidden(self, request: Any) -> set[str]:
        """What the detail page of somebody else's row leaves out, compared to one's own."""
        if not self.fields:
            return set()
        own, stranger = self.get_fields(request), self.get_fields(request, self.model())
        return set(flatten(own)) - set(flatten(stranger))


class ReadOnlyAdmin(CarefulAdmin):
    """Lists and detail pages without a way to add, change or delete a row.

    The request's actor is `request.actor`, set by the site. Changes are actions that call services.
    """

    list_per_page = 50
    list_max_show_all = 50
    show_full_result_count = False
    actions_on_bottom = False

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
    view_on_site = False

    def has_add_permission(self, request: object, obj: object | None = None) -> bool:
        """Nobody adds a row here."""
        return False

    def has_change_permission(self, request: object, obj: object | None = None) -> bool:
        """Nobody changes a row here."""
        return False

    def has_delete_permission(self, request: object, obj: object | None = None) -> bool:
        """Nobody deletes a row here."""
        return False


def _root(name: object) -> str:
    """The column a filter or search begins with."""
    return str(name).lstrip("^=@").partition("__")[0]


def _lookups_of(model: Any, path: str) -> set[str]:
    """The parameters that Django's stock filter for this column puts into the address."""
    field = get_fields_from_path(model, path)[-1]
    lookups = {path, f"{path}__exact", f"{path}__isnull"}
    if isinstance(field, DateField):
        lookups |= {f"{path}__gte", f"{path}__lt"}
    if isinstance(field, ForeignKey):
        lookups.add(f"{path}__{field.target_field.name}__exact")
    return lookups


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
