"""A second step under way in this browser: kept in the cookie's session until it is answered."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest

from accounts.choices import FactorMethod
from accounts.services.challenges import Challenge
from web.forms import ProofForm

_KEY = "step"


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """What was asked, and where to go when it is answered.

    :param device: by what this browser is known to the challenge; a secret of the cookie's session.
    """

    challenge: str
    methods: tuple[str, ...]
    passkey_options: str | None
    expires_at: str
    wanted: str
    device: str = ""

    def method_of(self, asked: str) -> str:
        """The method that is asked for, if it is offered; else the best one."""
        return asked if asked in self.methods else self.methods[0]


def keep(
    request: HttpRequest, challenge: Challenge, *, wanted: str, now: dt.datetime, device: str = ""
) -> Step:
    """Keep a challenge in this browser's session."""
    step = Step(
        challenge=challenge.id,
        methods=tuple(method.value for method in challenge.methods),
        passkey_options=challenge.passkey_options,
        expires_at=(now + dt.timedelta(seconds=challenge.expires_in_seconds)).isoformat(),
        wanted=wanted,
        device=device,
    )
    request.session[_KEY] = dataclasses.asdict(step)
    return step


def kept(request: HttpRequest, *, now: dt.datetime) -> Step | None:
    """The step under way, if its time has not run out."""
    found = request.session.get(_KEY)
    if found is None:
        return None
    step = Step(**{**found, "methods": tuple(found["methods"])})
    return step if dt.datetime.fromisoformat(step.expires_at) > now else None


def drop(request: HttpRequest) -> None:
    """Forget the step."""
    request.session.pop(_KEY, None)


def context_of(step: Step, form: ProofForm, *, place: str) -> dict[str, Any]:
    """What the page of a step shows.

    :param place: its address; the other methods are asked for there.
    """
    method = FactorMethod(form.method)
    return {
        "form": form,
        "step": step,
        "place": place,
        "method": method,
        "others": [FactorMethod(one) for one in step.methods if one != method],
    }


def address(place: str, wanted: str) -> str:
    """A page that leads on to `wanted`."""
    return f"{place}?{urlencode({'next': wanted})}"
