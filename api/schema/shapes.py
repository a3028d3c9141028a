"""Shapes that many answers share."""

from __future__ import annotations

from typing import Any, TypeAlias

from rest_framework import serializers


class ProblemEntry(serializers.Serializer[Any]):
    """One thing wrong with one member, parameter or header of the request."""

    pointer = serializers.CharField(required=False, help_text="JSON pointer into the body.")
    parameter = serializers.CharField(required=False, help_text="Name of a query parameter.")
    code = serializers.CharField()
    detail = serializers.CharField()


class Problem(serializers.Serializer[Any]):
    """What went wrong (RFC 9457). `code` is stable; `detail` is for people."""

    type = serializers.CharField(help_text="Reference to this problem's description.")
    title = serializers.CharField()
    status = serializers.IntegerField(min_value=400, max_value=599)
    detail = serializers.CharField()
    code = serializers.CharField()
    request_id = serializers.CharField()
    retryable = serializers.BooleanField(help_text="The same request may succeed later.")
    errors = ProblemEntry(many=True)  # type: ignore[assignment]
    facts = serializers.DictField(required=False, help_text="Values that help to decide.")

    def get_fields(self) -> dict[str, Any]:
        """The fields, with those whose names are no Python names."""
        named = {
            "violated-policies": serializers.ListField(
                child=serializers.CharField(),
                required=False,
                help_text="Of `quota_exceeded`: the rate limits that have nothing left.",
            )
        }
        return {**super().get_fields(), **named}


Shape: TypeAlias = type[serializers.Serializer[Any]]


def page_shape(row: Shape, name: str, **more: serializers.Field[Any, Any, Any, Any]) -> Shape:
    """The shape of a page of rows.

    :param more: members that the list has besides.
    """
    members = {
        **more,
        "data": row(many=True),
        "next": serializers.URLField(allow_null=True, help_text="The older neighbor."),
        "previous": serializers.URLField(allow_null=True, help_text="The newer neighbor."),
        "has_more": serializers.BooleanField(help_text="Older rows remain."),
        "__doc__": "One page, newest first.",
        "__module__": __name__,
    }
    return type(name, (serializers.Serializer,), members)
