"""Query parameters, read as strictly as bodies: unknown and repeated ones are refused."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from api import fields
from api.errors import FieldError, InvalidRequest
from api.pagination import DEFAULT_LIMIT, LIST, MAX_LIMIT, cursor_pattern

# RFC 3339, section 5.6.
_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\dt\d\d:\d\d:\d\d(\.\d+)?(z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE
)


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": 25})
class LimitField(serializers.Field[int, str, int, Any]):
    """How many rows a page holds."""

    default_error_messages = {"invalid": f"Expected a whole number from 1 to {MAX_LIMIT}."}

    def to_internal_value(self, data: str) -> int:
        """The number."""
        if not re.fullmatch(r"[0-9]{1,3}", data, re.ASCII) or not 1 <= int(data) <= MAX_LIMIT:
            self.fail("invalid")
        return int(data)


@extend_schema_field({"type": "string", "format": "date-time"})
class TimeField(serializers.Field[dt.datetime, Any, str, Any]):
    """A point in time with its offset from UTC."""

    default_error_messages = {
        "invalid": "Expected a time with an offset, like 2026-11-20T10:30:00Z.",
        "unrepresentable_time": "This time does not exist or is out of range.",
    }

    def to_internal_value(self, data: Any) -> dt.datetime:
        """The instant in UTC."""
        if not isinstance(data, str) or not _DATE_TIME.fullmatch(data):
            self.fail("invalid")
        try:
            return dt.datetime.fromisoformat(data.upper()).astimezone(dt.UTC)
        except (ValueError, OverflowError):
            self.fail("unrepresentable_time")


class Query(fields.StrictSerializer):
    """The parameters of one operation."""


class PageQuery(Query):
    """What every list takes. Each has a class of its own that names it: its cursors say so.

    The cursors of a `pinned` one carry the instant of the walk.
    """

    list_name: ClassVar[str]
    pinned: ClassVar[bool] = False

    limit = LimitField(default=DEFAULT_LIMIT, help_text="Rows in a page.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """The declared parameters, and the cursor of this list."""
        cursor = fields.PatternField(
            cursor_pattern(self.list_name, pinned=self.pinned),
            message="The cursor is not one of this list.",
            required=False,
            help_text="Where to go on: a cursor out of this list's `next` or `previous`.",
        )
        return {**super().get_fields(), "cursor": cursor}

    def to_internal_value(self, data: Any) -> Any:
        """The validated parameters, and the name of the list they are for."""
        return {**super().to_internal_value(data), LIST: self.list_name}


def query_of(request: Request, kind: type[Query] = Query) -> dict[str, Any]:
    """The parameters of the request, validated.

    :raises InvalidRequest: for an unknown, repeated or malformed parameter.
    :raises UnacceptableValue: for one that is well-formed and impossible.
    """
    parameters = request.query_params
    repeated = [name for name in parameters if len(parameters.getlist(name)) > 1]
    if repeated:
        raise InvalidRequest(
            errors=[
                FieldError(detail="Give it once.", code="repeated_parameter", parameter=name)
                for name in repeated
            ]
        )
    found: dict[str, Any] = fields.validated(kind(data=parameters.dict()), query=True)
    return found


def one_of(*choices: str, **kwargs: Any) -> serializers.ChoiceField:
    """A parameter with a fixed list of values."""
    return serializers.ChoiceField(choices=[(choice, choice) for choice in choices], **kwargs)


class ExpandField(fields.TextField):
    """Comma-separated names out of an allow-list."""

    def __init__(self, *allowed: str, **kwargs: Any) -> None:
        self.allowed = allowed
        listed = "|".join(allowed)
        self.documented_pattern = f"^({listed})(,({listed}))*$"
        super().__init__(required=False, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        """The set of names asked for."""
        names = set(super().to_internal_value(data).split(","))
        if not names <= set(self.allowed):
            listed = ", ".join(self.allowed)
            raise ValidationError(f"Can expand: {listed}.", code="not_expandable")
        return frozenset(names)
