"""How drf-spectacular describes our views: what is refused is described, too."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework.serializers import ListSerializer

from api.fields import TextField
from ledger.policy import MAX_BATCH


class ProblemSchema(AutoSchema):
    """Request objects have exactly the documented members, so the document says so."""

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if direction == "request":
            schema["additionalProperties"] = False
        return schema

    def _map_serializer_field(
        self, field: Any, direction: Any, bypass_extensions: bool = False
    ) -> Any:
        schema = super()._map_serializer_field(  # type: ignore[no-untyped-call]
            field, direction, bypass_extensions
        )
        if isinstance(field, ListSerializer) and direction == "request":
            schema.update(minItems=1, maxItems=getattr(field, "max_length", None) or MAX_BATCH)
        if isinstance(field, TextField):
            schema["pattern"] = field.documented_pattern
        return schema

    def get_auth(self) -> Any:
        """Either credential is enough, not both together."""
        super().get_auth()  # registers the schemes
        return (
            [{name: []} for name in BearerScheme.name] if self.view.authentication_classes else []
        )


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """One header, two credentials."""

    target_class = "api.authentication.BearerAuthentication"
    name = ["accessToken", "apiKey"]

    def get_security_definition(self, auto_schema: AutoSchema) -> Any:
        """The two security schemes."""
        return [
            {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "The `access` of POST /auth/token; lives for 15 minutes.",
            },
            {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "vck_...",
                "description": "An organization's API key, limited to its scopes.",
            },
        ]
