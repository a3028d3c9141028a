"""The devices the caller signs in on."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from accounts import errors as accounts_errors
from accounts.models import Device as DeviceRow
from accounts.queries import own_devices
from accounts.services import devices
from api import fields, queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of, path_id
from api.pagination import page_of
from api.schema.operations import operation
from api.schema.shapes import page_shape
from api.v1.rendering import instant
from api.v1.shapes import id_member
from kernel import clock, ids
from kernel.context import reading

TAG = "Me"


class Device(serializers.Serializer[Any]):
    """A browser or program that is recognized when its person signs in."""

    id = id_member("dev")
    name = serializers.CharField()
    ip = serializers.CharField(allow_null=True, help_text="Where it was seen last.")
    first_seen_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField(help_text="When it was last signed in on.")
    trusted_at = serializers.DateTimeField(allow_null=True)


DevicePage = page_shape(Device, "DevicePage")


class DeviceQuery(queries.PageQuery):
    """Where to go on in the list."""

    list_name = "devices"


class DeviceName(fields.StrictSerializer):
    """What to call it."""

    name = fields.LineField(visible=True, max_length=80)


class TrustOrder(fields.StrictSerializer):
    """Nothing is needed."""


class OwnDevices(Endpoint):
    """The caller's devices."""

    @operation(
        "list_own_devices",
        tag=TAG,
        summary="List the devices I sign in on, newest first",
        description="An API key has no devices, so its list is empty.",
        response=DevicePage,
        query=DeviceQuery,
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of devices."""
        actor, query = actor_of(request), queries.query_of(request, DeviceQuery)
        with reading(actor):
            page = page_of(
                request,
                own_devices(actor),
                query=query,
                render=lambda found: [rendered_device(row) for row in found],
            )
        return Answer.of(page).response()


class OneOwnDevice(Endpoint):
    """One of the caller's devices."""

    @operation(
        "rename_own_device",
        tag=TAG,
        summary="Call one of my devices something else",
        request=DeviceName,
        response=Device,
        path={"device_id": "dev"},
        refusals=(accounts_errors.InvalidProfile,),
    )
    def patch(self, request: Request, device_id: str) -> HttpResponse:
        """Rename."""
        order = body_of(request, DeviceName)
        device = devices.rename_device(
            actor=actor_of(request),
            device_id=path_id("dev", device_id),
            label=order["name"],
            now=clock.now(),
        )
        return Answer.of(rendered_device(device)).response()

    @operation(
        "revoke_own_device",
        tag=TAG,
        summary="Recognize one of my devices no more, and end its sessions",
        status=204,
        path={"device_id": "dev"},
    )
    def delete(self, request: Request, device_id: str) -> HttpResponse:
        """Revoke."""
        devices.revoke_device(
            actor=actor_of(request), device_id=path_id("dev", device_id), now=clock.now()
        )
        return HttpResponse(status=204)


class TrustOwnDevice(Endpoint):
    """Trusting one of the caller's devices."""

    @operation(
        "trust_own_device",
        tag=TAG,
        summary="Trust one of my devices",
        description="That it is new asks for no approval of payments any more. Takes a second"
        " factor of the last ten minutes, a network that may move money, and a device known for a"
        " day or trusted; or a factor held for a day.",
        request=TrustOrder,
        response=Device,
        path={"device_id": "dev"},
        refusals=(
            accounts_errors.StepUpRequired,
            accounts_errors.DeviceTooNew,
            accounts_errors.NetworkNotTrusted,
            accounts_errors.CountryNotAllowed,
            accounts_errors.FactorsLatelyReset,
        ),
    )
    def post(self, request: Request, device_id: str) -> HttpResponse:
        """Trust."""
        body_of(request, TrustOrder)
        device = devices.trust_device(
            actor=actor_of(request), device_id=path_id("dev", device_id), now=clock.now()
        )
        return Answer.of(rendered_device(device)).response()


def rendered_device(device: DeviceRow) -> dict[str, Any]:
    """One device, never with its token."""
    return {
        "id": ids.encode("dev", device.id),
        "name": device.label,
        "ip": device.ip,
        "first_seen_at": instant(device.first_seen_at),
        "last_seen_at": instant(device.last_seen_at),
        "trusted_at": instant(device.trusted_at),
    }
