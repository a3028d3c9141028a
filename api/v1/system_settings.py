"""Settings of the whole installation, for super admins."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from accounts import errors as accounts_errors
from accounts.models import PendingAct
from accounts.policy import require
from accounts.services.runtime import fresh_value
from accounts.services.system_settings import READ, set_setting
from accounts.system import DECLARED, Declared
from api import fields, queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of
from api.schema.operations import operation
from api.v1.pending_acts import Waiting, waiting_answer
from kernel import clock
from kernel.context import reading

TAG = "System"
MOST = max(one.most for one in DECLARED.values())
_VALUE = {"oneOf": [{"type": "boolean"}, {"type": "integer", "minimum": 0, "maximum": MOST}]}


@extend_schema_field(_VALUE)
class ValueField(serializers.Field[bool | int, Any, bool | int, Any]):
    """A truth or a whole number; which of them, and how large, each setting says."""

    default_error_messages = {"invalid": "Expected true, false or a whole number."}

    def to_internal_value(self, data: Any) -> bool | int:
        """The same value."""
        if not isinstance(data, bool) and (type(data) is not int or not 0 <= data <= MOST):
            self.fail("invalid")
        return data

    def to_representation(self, value: bool | int) -> bool | int:
        """The same value."""
        return value


class SystemSettingOrder(fields.StrictSerializer):
    """One setting and its value from now on."""

    name = serializers.ChoiceField(choices=list(DECLARED))
    value = ValueField()


class SystemSetting(serializers.Serializer[Any]):
    """What may be changed while the installation runs."""

    name = serializers.ChoiceField(choices=list(DECLARED))
    title = serializers.CharField()
    help = serializers.CharField()
    value = ValueField()
    default = ValueField()
    least = serializers.IntegerField(allow_null=True, help_text="Of a number.")
    most = serializers.IntegerField(allow_null=True, help_text="Of a number.")


class SystemSettingList(serializers.Serializer[Any]):
    """All of them; they are few and fixed."""

    data = SystemSetting(many=True)  # type: ignore[assignment]


class SystemSettings(Endpoint):
    """The settings, and setting one."""

    @operation(
        "list_system_settings",
        tag=TAG,
        summary="List the settings of the installation (super admins)",
        response=SystemSettingList,
        query=queries.Query,
    )
    def get(self, request: Request) -> HttpResponse:
        """All settings with their values."""
        actor, _ = actor_of(request), queries.query_of(request)
        require(actor, READ)
        with reading(actor):
            found = [rendered_setting(one) for one in DECLARED.values()]
        return Answer.of({"data": found}).response()

    @operation(
        "set_system_setting",
        tag=TAG,
        summary="Set one of them (super admins)",
        description="Every process goes by it within seconds. Where the staff's acts take a second"
        " person, so does this, but for the careful direction.",
        request=SystemSettingOrder,
        response=SystemSetting,
        waits=Waiting,
        refusals=(
            accounts_errors.StepUpRequired,
            accounts_errors.InvalidSetting,
            accounts_errors.NobodyToCheck,
        ),
    )
    def put(self, request: Request) -> HttpResponse:
        """Set."""
        actor, now = actor_of(request), clock.now()
        order = body_of(request, SystemSettingOrder)
        done = set_setting(actor=actor, now=now, **order)
        if isinstance(done, PendingAct):
            return waiting_answer(done, now=now).response()
        with reading(actor):
            return Answer.of(rendered_setting(DECLARED[order["name"]])).response()


def rendered_setting(declared: Declared) -> dict[str, Any]:
    """One setting."""
    bounded = not isinstance(declared.default, bool)
    return {
        "name": declared.name,
        "title": declared.title,
        "help": declared.help,
        "value": fresh_value(declared.name),
        "default": declared.default,
        "least": declared.least if bounded else None,
        "most": declared.most if bounded else None,
    }
