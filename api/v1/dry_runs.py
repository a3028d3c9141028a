"""What every dry run answers: the status that the request would have had, and why."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from accounts.services import approvals
from api import problems
from api.problems import request_id_of
from api.schema.shapes import Problem
from api.v1.shapes import minor
from kernel.errors import Kind, VaultCraftError

# What the address names must be there, and trouble that passes says nothing of the question.
_NO_ANSWER = (Kind.NOT_FOUND, Kind.UNAVAILABLE)


class Verdict(serializers.Serializer[Any]):
    """Whether it would be done now."""

    status = serializers.IntegerField(help_text="The status that the request would have.")
    code = serializers.CharField(allow_null=True, help_text="Why it would be refused.")
    problem = Problem(allow_null=True)


class Demand(serializers.Serializer[Any]):
    """Why a person has to approve it first."""

    reasons = serializers.ListField(
        child=serializers.CharField(),
        help_text="`amount`, `currency`, `new_device`, `new_network`.",
    )
    threshold_minor = minor(help_text="The organization's, in its base currency.")
    threshold_currency = serializers.CharField()


DEMAND_HELP = "What the request would need besides; null where it needs no approval."


def rendered_demand(demand: approvals.Demand | None) -> dict[str, Any] | None:
    """The members of a `Demand`."""
    if demand is None:
        return None
    return {
        "reasons": list(demand.reasons),
        "threshold_minor": demand.over_minor,
        "threshold_currency": demand.currency,
    }


def verdict(request: Request, error: VaultCraftError | None) -> dict[str, Any]:
    """The members of a `Verdict`."""
    if error is None:
        return {"status": 201, "code": None, "problem": None}
    return {
        "status": problems.status_of(error),
        "code": error.code,
        "problem": problems.document(error, request_id=request_id_of(request._request)),
    }


def require_answer(error: VaultCraftError) -> None:
    """Go on only if the error answers what was asked.

    :raises VaultCraftError: the error itself, if not.
    """
    if error.kind in _NO_ANSWER:
        raise error
