"""Evidence: who did what, when, through which door."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from accounts.policy import require
from api import fields, queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of
from api.pagination import page_of
from api.schema.operations import operation
from api.schema.shapes import page_shape
from api.v1.rendering import instant, typed_id
from api.v1.shapes import MadeBy, id_member
from api.v1.transfers.rendering import rendered_maker
from audit.queries import records
from kernel import ids
from kernel.context import reading

_PREFIX_OF_SUBJECT = {
    "organization": "org",
    "user": "usr",
    "wallet": "wal",
    "account": "acc",
    "transaction": "txn",
    "transfer": "trf",
    "hold": "hld",
    "fee_schedule": "fee",
    "limit_rule": "lim",
    "api_key": "key",
    "session": "ses",
    "invitation": "inv",
}


class Subject(serializers.Serializer[Any]):
    """What it was done to."""

    type = serializers.CharField()
    id = serializers.CharField(allow_null=True)


class AuditRecord(serializers.Serializer[Any]):
    """One act. Records are never changed or deleted."""

    id = id_member("aud")
    at = serializers.DateTimeField()
    action = serializers.CharField()
    subject = Subject()
    made_by = MadeBy()
    organization = id_member("org", allow_null=True)
    request_id = serializers.CharField()
    ip = serializers.CharField(allow_null=True)
    metadata = serializers.DictField()


AuditRecordPage = page_shape(AuditRecord, "AuditRecordPage")


class AuditQuery(queries.PageQuery):
    """Filters of the list."""

    list_name = "audit_records"

    action = fields.PatternField(
        r"^[a-z_]{1,40}(\.[a-z_]{1,40}){1,2}$",
        message="Expected an action like wallets.wallet.freeze.",
        required=False,
    )
    request_id = fields.PatternField(
        r"^[A-Za-z0-9][A-Za-z0-9._:\-]{0,63}$",
        message="Expected a request id.",
        required=False,
    )


class AuditRecords(Endpoint):
    """The list."""

    @operation(
        "list_audit_records",
        tag="Audit",
        summary="List audit records, newest first",
        response=AuditRecordPage,
        query=AuditQuery,
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of records."""
        actor, query = actor_of(request), queries.query_of(request, AuditQuery)
        require(actor, "audit.read")
        wanted = {name: query[name] for name in ("action", "request_id") if name in query}
        with reading(actor):
            page = page_of(
                request,
                records().filter(**wanted),
                query=query,
                render=lambda found: [rendered_record(row) for row in found],
            )
        return Answer.of(page).response()


def rendered_record(record: Any) -> dict[str, Any]:
    """One record."""
    prefix = _PREFIX_OF_SUBJECT.get(record.subject_type)
    subject_id = record.subject_id
    return {
        "id": ids.encode("aud", record.id),
        "at": instant(record.at),
        "action": record.action,
        "subject": {
            "type": record.subject_type,
            "id": typed_id(prefix, subject_id) if prefix else subject_id and str(subject_id),
        },
        "made_by": rendered_maker(record),
        "organization": typed_id("org", record.organization_id),
        "request_id": record.request_id,
        "ip": record.ip,
        "metadata": record.metadata,
    }
