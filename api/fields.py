"""Strict request fields. A value of another type is refused, never converted.

DRF's own fields are made for forms: they read `"100"`, `100.0` and `true` as numbers, trim texts
and overlook unknown members. An instruction to move money is taken literally or not at all.
"""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from api.errors import FieldError, InvalidRequest, UnacceptableValue
from api.parsing import escaped
from kernel import text
from kernel.money import MAX_MINOR

ID_BODY = "[0-7][0-9a-hjkmnp-tv-z]{25}"
WALLET_REFERENCE = rf"^(wal_{ID_BODY}|[Vv][Cc]-[0-9A-Za-z]{{6}})$"
CURRENCY = r"^[A-Z]{3}$"

MAX_METADATA_KEYS = 20
MAX_METADATA_KEY_LENGTH = 40
MAX_METADATA_VALUE_LENGTH = 500
MAX_FIELD_ERRORS = 50

# Codes of values whose shape is right: they make the answer 422, all others 400.
_REFUSED_CODES = frozenset(
    {"email", "blank_text", "hidden_characters", "unrepresentable_time", "not_written_as_integer"}
)


def id_pattern(prefix: str) -> str:
    """The regular expression of a TypeID with this prefix."""
    return f"^{prefix}_{ID_BODY}$"


class StrictSerializer(serializers.Serializer[Any]):
    """A JSON object with exactly the documented members."""

    default_error_messages = {"invalid": "Expected a JSON object."}

    def to_internal_value(self, data: Any) -> Any:
        """Validate the members, and refuse those nobody documented.

        :raises ValidationError: with the errors of all members at once.
        """
        found: dict[str, Any] = {}
        if isinstance(data, dict):
            known = {name for name, field in self.fields.items() if not field.read_only}
            for name in data.keys() - known:
                found[name] = [ErrorDetail("This member is not known here.", "unknown_field")]
        try:
            value = super().to_internal_value(data)
        except ValidationError as error:
            if isinstance(error.detail, dict):
                raise ValidationError({**error.detail, **found}) from error
            raise
        if found:
            raise ValidationError(found)
        return value


class TextField(serializers.CharField):
    """A JSON string, kept as it came. With `visible`, it needs one character that can be seen."""

    default_error_messages = {
        "invalid": "Expected a string.",
        "blank_text": "Write something other than spaces.",
    }

    documented_pattern = r"^[^\u0000]*$"

    def __init__(self, *, visible: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("trim_whitespace", False)
        self.visible = visible
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        """The same string."""
        if not isinstance(data, str):
            self.fail("invalid")
        if self.visible and data and not data.strip():
            self.fail("blank_text")
        return data


class LineField(TextField):
    """A JSON string that people read: one line without control characters and bidi controls."""

    default_error_messages = {"hidden_characters": text.REFUSED}

    documented_pattern = text.PLAIN_LINE

    def to_internal_value(self, data: Any) -> str:
        """The same string."""
        line = super().to_internal_value(data)
        if not text.is_plain_line(line):
            self.fail("hidden_characters")
        return line


class PatternField(TextField):
    """A JSON string of a documented form."""

    def __init__(self, pattern: str, *, message: str, **kwargs: Any) -> None:
        self.pattern = re.compile(pattern, re.ASCII)
        self.documented_pattern = pattern
        self.message = message
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        """The same string, when the whole of it has the form."""
        given = super().to_internal_value(data)
        if not self.pattern.fullmatch(given):
            raise ValidationError(self.message, code="malformed")
        return given


class EmailText(TextField):
    """An e-mail address; whether it is a real one is known by writing to it."""

    _SHAPE = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]{2,63}")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=254, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """The address as given."""
        given = super().to_internal_value(data)
        if not self._SHAPE.fullmatch(given):
            raise ValidationError("Enter an e-mail address.", code="email")
        return given


@extend_schema_field(
    {
        "type": "integer",
        "minimum": 1,
        "maximum": MAX_MINOR,
        "description": "Minor units of the currency: paise, cents, or whole yen.",
        "examples": [12550],
    }
)
class AmountField(serializers.Field[int, Any, int, Any]):
    """Minor units: a JSON integer from 1 to 2^53 - 1. Not `100.0`, `"100"`, `1e3` or `true`."""

    least, most = 1, MAX_MINOR

    default_error_messages = {
        "invalid": "Expected a whole number, written as a JSON integer.",
        # JSON Schema calls 100.0 an integer, so the shape is right; it is no amount all the same.
        "not_written_as_integer": "Write the number without a point and without an exponent.",
        "range": "Expected a whole number from {least} to {most}.",
    }

    def to_internal_value(self, data: Any) -> int:
        """The same number."""
        if isinstance(data, float):
            self.fail("not_written_as_integer")
        if type(data) is not int:
            self.fail("invalid")
        if not self.least <= data <= self.most:
            self.fail("range", least=self.least, most=self.most)
        return int(data)

    def to_representation(self, value: int) -> int:
        """The same number."""
        return value


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": MAX_MINOR})
class CapField(AmountField):
    """Minor units that may also be zero."""

    least = 0


@extend_schema_field(OpenApiTypes.BOOL)
class BooleanField(serializers.Field[bool, Any, bool, Any]):
    """`true` or `false`; not `"true"`, `1` or `null`."""

    default_error_messages = {"invalid": "Expected true or false."}

    def to_internal_value(self, data: Any) -> bool:
        """The same truth."""
        if not isinstance(data, bool):
            self.fail("invalid")
        return bool(data)

    def to_representation(self, value: bool) -> bool:
        """The same truth."""
        return value


@extend_schema_field(
    {
        "type": "object",
        "maxProperties": MAX_METADATA_KEYS,
        "propertyNames": {"minLength": 1, "maxLength": MAX_METADATA_KEY_LENGTH},
        "additionalProperties": {"type": "string", "maxLength": MAX_METADATA_VALUE_LENGTH},
        "description": "Your own notes: strings by name. The other side never sees them.",
        "examples": [{"invoice": "INV-2041"}],
    }
)
class MetadataField(serializers.Field[dict[str, str], Any, dict[str, str], Any]):
    """A flat object of short strings."""

    default_error_messages = {
        "invalid": "Expected an object of strings.",
        "keys": f"At most {MAX_METADATA_KEYS} members, names of 1 to {MAX_METADATA_KEY_LENGTH}"
        " characters.",
        "value": f"Expected a string of at most {MAX_METADATA_VALUE_LENGTH} characters.",
    }

    def to_internal_value(self, data: Any) -> dict[str, str]:
        """The same object."""
        if not isinstance(data, dict):
            self.fail("invalid")
        if len(data) > MAX_METADATA_KEYS:
            self.fail("keys")
        if any(not 1 <= len(name) <= MAX_METADATA_KEY_LENGTH for name in data):
            self.fail("keys")
        wrong = {
            name: [ErrorDetail(str(self.error_messages["value"]), "invalid")]
            for name, value in data.items()
            if not isinstance(value, str) or len(value) > MAX_METADATA_VALUE_LENGTH
        }
        if wrong:
            raise ValidationError(wrong)
        return data

    def to_representation(self, value: dict[str, str]) -> dict[str, str]:
        """The same object."""
        return value


def wallet_reference(**kwargs: Any) -> PatternField:
    """A wallet by its id or by the handle that people read to each other."""
    return PatternField(
        WALLET_REFERENCE,
        message="Expected a wallet id (wal_...) or a handle like VC-7Q2M9K.",
        **kwargs,
    )


def currency(**kwargs: Any) -> PatternField:
    """An ISO 4217 code."""
    return PatternField(CURRENCY, message="Expected a currency code like INR.", **kwargs)


def validated(serializer: serializers.BaseSerializer[Any], *, query: bool = False) -> Any:
    """What the serializer makes of its data.

    :param query: the errors name parameters, not places in a body.
    :raises InvalidRequest: when the shape is wrong anywhere.
    :raises UnacceptableValue: when only the content of well-formed values is.
    """
    try:
        serializer.is_valid(raise_exception=True)
    except ValidationError as error:
        errors = _flat(error.detail, "", query=query)[:MAX_FIELD_ERRORS]
        content_only = all(entry.code in _REFUSED_CODES for entry in errors)
        raise (UnacceptableValue if content_only else InvalidRequest)(errors=errors) from error
    return serializer.validated_data


def _flat(detail: Any, pointer: str, *, query: bool) -> list[FieldError]:
    if isinstance(detail, ErrorDetail):
        where = {"parameter": pointer[1:]} if query else {"pointer": pointer}
        return [FieldError(detail=str(detail), code=detail.code or "invalid", **where)]
    if isinstance(detail, dict):
        pairs = [
            (pointer if name == "non_field_errors" else f"{pointer}/{escaped(str(name))}", below)
            for name, below in detail.items()
        ]
    elif detail and all(isinstance(entry, ErrorDetail) for entry in detail):
        pairs = [(pointer, entry) for entry in detail]
    else:
        pairs = [(f"{pointer}/{index}", below) for index, below in enumerate(detail)]
    return [entry for where, below in pairs for entry in _flat(below, where, query=query)]
