"""Members that several resources share."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.fields import StrictSerializer, id_pattern
from kernel.actor import ActorKind, Door
from kernel.money import MAX_MINOR


def id_member(prefix: str, **kwargs: Any) -> serializers.RegexField:
    """A TypeID in an answer."""
    return serializers.RegexField(id_pattern(prefix), **kwargs)


def minor(**kwargs: Any) -> serializers.IntegerField:
    """Minor units in an answer, of any sign."""
    return serializers.IntegerField(min_value=-MAX_MINOR, max_value=MAX_MINOR, **kwargs)


class NoMembers(StrictSerializer):
    """Nothing is needed."""


class Money(serializers.Serializer[Any]):
    """An amount with its currency."""

    amount_minor = minor()
    currency = serializers.CharField()
    display = serializers.CharField()


class MadeBy(serializers.Serializer[Any]):
    """Who did it, and through which door."""

    kind = serializers.ChoiceField(choices=[kind.value for kind in ActorKind])
    id = serializers.CharField(allow_null=True, help_text="A person's or an API key's id.")
    door = serializers.ChoiceField(choices=[door.value for door in Door])
    name = serializers.CharField()


class Person(serializers.Serializer[Any]):
    """Somebody by id and name."""

    id = id_member("usr")
    name = serializers.CharField()
