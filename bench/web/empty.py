"""What a request costs before it does anything: authenticated, its body read, no effect."""

from __future__ import annotations

from rest_framework import status
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.actor import Actor


class SignedIn(BasePermission):
    """Somebody stands behind the request."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether authentication found an actor."""
        return isinstance(request.user, Actor)


class Empty(APIView):
    """Plain Django REST framework with the product's authentication and JSON settings."""

    permission_classes = (SignedIn,)

    def post(self, request: Request) -> Response:
        """Read the body and answer."""
        return Response({"members": len(request.data)}, status=status.HTTP_201_CREATED)
