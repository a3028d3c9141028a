"""One decorator that says everything about an operation: also each error it can answer with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from accounts import errors as accounts_errors
from api import errors, problems
from api.fields import StrictSerializer, id_pattern
from api.idempotency.runner import KEY_HEADER, KEY_PATTERN, REPLAYED_HEADER
from api.schema.shapes import Problem
from api.throttling import LIMIT_HEADER, POLICY_HEADER
from kernel import errors as kernel_errors
from kernel.errors import VaultCraftError
from kernel.rates.errors import QuotaExceeded
from wallets.errors import ReferenceReused

Error = type[VaultCraftError]
F = TypeVar("F", bound=Callable[..., Any])

EXAMPLE_REQUEST_ID = "req_01kajq3s9seqb8xa8xf8gm1s5v"

SIGNED_IN: tuple[Error, ...] = (
    errors.NotAuthenticated,
    errors.InvalidCredential,
    accounts_errors.InvalidAccessToken,
    accounts_errors.InvalidApiKey,
    accounts_errors.OrganizationSuspended,
    kernel_errors.PermissionDenied,
    accounts_errors.EmailNotConfirmed,
    accounts_errors.StepUpRequired,
)
# What changes something may give power: `accounts.policy` says what does, and what it then takes.
WITH_POWER: tuple[Error, ...] = (
    accounts_errors.SettledFactorRequired,
    accounts_errors.NetworkNotTrusted,
    accounts_errors.FactorsLatelyReset,
)
WITH_BODY: tuple[Error, ...] = (
    errors.MalformedJson,
    errors.InvalidRequest,
    errors.UnacceptableValue,
    errors.LengthRequired,
    errors.BodyTooLarge,
    errors.UnsupportedMediaType,
)
ONCE: tuple[Error, ...] = (
    errors.IdempotencyKeyMissing,
    errors.IdempotencyKeyMalformed,
    ReferenceReused,
    errors.IdempotencyKeyExpired,
    errors.RequestInFlight,
    accounts_errors.MoneyReadOnly,
)
ALWAYS: tuple[Error, ...] = (
    errors.ProtocolError,
    errors.InternalError,
    errors.DatabaseUnavailable,
    kernel_errors.Busy,
    QuotaExceeded,
)


def operation(
    operation_id: str,
    *,
    tag: str,
    summary: str,
    description: str = "",
    request: type[StrictSerializer] | None = None,
    response: Any = None,
    status: int = 200,
    waits: Any = None,
    query: type[StrictSerializer] | None = None,
    path: Mapping[str, str] | None = None,
    refusals: Sequence[Error] = (),
    once: bool = False,
    public: bool = False,
    examples: Sequence[OpenApiExample] = (),
) -> Callable[[F], F]:
    """Describe an operation.

    :param path: parameter name to TypeID prefix, or to a whole pattern.
    :param refusals: the errors its domain call documents; the door's own are added.
    :param waits: the shape of a 202, where the act may wait for a second person.
    :param once: it takes an Idempotency-Key.
    """
    reasons = [*refusals, *_door_refusals(request, query, path, once=once, public=public)]
    return extend_schema(
        operation_id=operation_id,
        tags=[tag],
        summary=summary,
        description=description,
        request=request,
        parameters=[*_query(query), *_parameters(path or {}, once=once)],
        responses={
            **_done(response, status),
            **({202: OpenApiResponse(waits, "It waits for a second person.")} if waits else {}),
            **_problems(reasons),
        },
        examples=list(examples),
    )


def _done(response: Any, status: int) -> dict[Any, Any]:
    """The good answer; one that is no JSON comes with its status and media type."""
    if isinstance(response, dict):
        return {key: OpenApiResponse(shape, "Done.") for key, shape in response.items()}
    return {status: OpenApiResponse(response, "Done.")}


def _door_refusals(
    request: object, query: object, path: object, *, once: bool, public: bool
) -> list[Error]:
    found: list[Error] = list(ALWAYS)
    if not public:
        found += SIGNED_IN
    if not public and not query:
        found += WITH_POWER
    if request:
        found += WITH_BODY
    if query:
        found += [errors.InvalidRequest, errors.UnacceptableValue]
    if path:
        found.append(kernel_errors.NotFound)
    return [*found, *ONCE] if once else found


def _path_pattern(text: str) -> str:
    return text if text.startswith("^") else id_pattern(text)


def _query(query: type[StrictSerializer] | None) -> list[type[StrictSerializer]]:
    # The library cannot explode a serializer without members.
    return [query] if query and query().fields else []


def _parameters(path: Mapping[str, str], *, once: bool) -> list[OpenApiParameter]:
    found = [
        OpenApiParameter(
            name,
            {"type": "string", "pattern": _path_pattern(prefix)},
            OpenApiParameter.PATH,
            required=True,
        )
        for name, prefix in path.items()
    ]
    found += [_REQUEST_ID, _CHALLENGE, _RETRY_AFTER, _RATE_POLICY, _RATE_LIMIT]
    return [*found, _KEY, _REPLAYED, _LOCATION] if once else found


_REQUEST_ID = OpenApiParameter(
    "X-Request-ID",
    {"type": "string", "maxLength": 64},
    OpenApiParameter.HEADER,
    response=True,
    required=True,
    description="Yours if you sent a well-formed one, ours otherwise; also in the audit record and"
    " the logs.",
)
_CHALLENGE = OpenApiParameter(
    "WWW-Authenticate",
    {"type": "string"},
    OpenApiParameter.HEADER,
    response=[401],
    required=True,
)
_RETRY_AFTER = OpenApiParameter(
    "Retry-After",
    {"type": "string", "pattern": "^[0-9]+$"},
    OpenApiParameter.HEADER,
    response=[429, 503],
    required=True,
    description="Seconds to wait before the same request is sent again.",
)
# Every answer of a request that was counted has them; a client needs them where they matter.
COUNTED = [200, 201, 204, 429]
_RATE_POLICY = OpenApiParameter(
    POLICY_HEADER,
    {"type": "string"},
    OpenApiParameter.HEADER,
    response=COUNTED,
    description="The limits that count this request, with quota `q` and window `w` in seconds"
    " (draft-ietf-httpapi-ratelimit-headers).",
)
_RATE_LIMIT = OpenApiParameter(
    LIMIT_HEADER,
    {"type": "string"},
    OpenApiParameter.HEADER,
    response=COUNTED,
    description="Of each of them what remains, `r`, and for how many seconds it should do, `t`.",
)
_LOCATION = OpenApiParameter(
    "Location",
    {"type": "string"},
    OpenApiParameter.HEADER,
    response=[201, 202],
    description="Where the new thing can be read.",
)
_KEY = OpenApiParameter(
    KEY_HEADER,
    {"type": "string", "pattern": KEY_PATTERN},
    OpenApiParameter.HEADER,
    required=True,
    description="Names this request: 1 to 255 printable ASCII characters, quoted or not. The same"
    " key with the same body gets the same answer for 7 days and moves money once; after that it"
    " is refused for 23 days more.",
)
_REPLAYED = OpenApiParameter(
    REPLAYED_HEADER,
    {"type": "string", "enum": ["true"]},
    OpenApiParameter.HEADER,
    response=True,
    description="Present when this is the kept answer of an earlier request.",
)


def _problems(reasons: Sequence[Error]) -> dict[tuple[int, str], OpenApiResponse]:
    by_status: dict[int, list[Error]] = defaultdict(list)
    for reason in dict.fromkeys(reasons):
        by_status[problems.status_of(reason)].append(reason)
    return {
        (status, problems.MEDIA_TYPE): OpenApiResponse(
            Problem,
            " ".join(f"`{error.code}`: {error.title}." for error in found),
            [_example(error, status) for error in found],
        )
        for status, found in sorted(by_status.items())
    }


def _example(error: Error, status: int) -> OpenApiExample:
    return OpenApiExample(
        error.code,
        problems.document(_instance(error), request_id=EXAMPLE_REQUEST_ID),
        response_only=True,
        status_codes=[str(status)],
        media_type=problems.MEDIA_TYPE,
    )


def _instance(error: Error) -> VaultCraftError:
    if issubclass(error, errors.InvalidRequest | errors.UnacceptableValue):
        entry = errors.FieldError(
            pointer="/amount_minor", code="invalid", detail="Expected a JSON integer."
        )
        return error(errors=[entry])
    return error()
