"""Structured logs: one JSON object a line, secrets and personal data masked on the way out."""

import logging
import logging.config
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

import structlog

MASK = "***"
_SECRET_NAME = re.compile(
    r"password|passwd|passphrase|secret|token|authorization|cookie|pepper|private|api_?key|otp"
    r"|recovery_?code|credential|\bpin\b|_pin\b|\bpin_|phone|mobile|government_?id|national_?id"
    r"|aadhaar|passport|\bpan\b|\bssn\b|\biban\b|account_?number|birth",
    re.IGNORECASE,
)
# What a secret looks like wherever it stands: in a path, a query, a body, a header, a message.
_SECRETS = (
    (re.compile(r"vck_(?:live|test)_[A-Za-z0-9_\-]+"), MASK),
    (re.compile(r"eyJ[A-Za-z0-9_\-]{5,}\.[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]*"), MASK),
    (re.compile(r"\b(Bearer|Basic) +[^\s\"',]+", re.IGNORECASE), rf"\1 {MASK}"),
    (re.compile(r"(?<=://)[^\s/:@]*:[^\s/@]+(?=@)"), MASK),
    (
        re.compile(
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL
        ),
        MASK,
    ),
    # kernel.crypto.new_token: 256 bits in 43 characters, whatever leads to it.
    (re.compile(r"(?<![A-Za-z0-9_\-])[A-Za-z0-9_\-]{43}(?![A-Za-z0-9_\-])"), MASK),
    (
        re.compile(r"(/(?:join|(?:reset|recover|confirm|verify|unlock|trust)[\w\-]*)/)[^/\s\"'?]+"),
        rf"\1{MASK}",
    ),
    (
        re.compile(
            r"((?:password|passwd|passphrase|secret|token|pin|otp|pepper|api_?key|session|csrf)"
            r"[\w\-]*[\"']? *[:=] *)(?:\"[^\"]*\"|'[^']*'|[^\s\"',;&}]+)",
            re.IGNORECASE,
        ),
        rf"\1{MASK}",
    ),
    (re.compile(r"([?&]code=)[^&\s\"']+", re.IGNORECASE), rf"\1{MASK}"),
)
# What belongs to a person. Long numbers are account numbers, phones or government ids as likely as
# not: rather a lost number in a message than one in a log.
_PERSONAL = (
    (
        re.compile(r"\b([A-Za-z0-9])[A-Za-z0-9._%+\-]*@([A-Za-z0-9.\-]+\.[A-Za-z]{2,})"),
        rf"\1{MASK}@\2",
    ),
    (re.compile(r"\+\d[\d ().\-]{6,}\d"), MASK),
    (re.compile(r"(?<![\w.\-])\d{9,19}(?![\w\-])"), MASK),
    (re.compile(r"(?<![\w\-])\d{4}[ \-]\d{4}[ \-]\d{4}(?:[ \-]\d{4})?(?![\w\-])"), MASK),
    (re.compile(r"(?<![\w\-])\d{3}-\d{2}-\d{4}(?![\w\-])"), MASK),
    (re.compile(r"\b[A-Z]{5}\d{4}[A-Z]\b"), MASK),
    (re.compile(r"\b[A-Z]{2}\d{2}[A-Z0-9]{11,30}\b"), MASK),
)
# Ours by construction: nothing that anybody sent stands there.
_OURS = frozenset(
    {"at", "level", "logger", "method", "route", "status", "duration_ms", "actor", "ip"}
)
# What our own code says beside the name of an event, by the standard library's `extra`. Others'
# extras stay out: Django's hold the request.
_EXTRA = ("failure", "mail", "number")
# A request is found again by the id its sender chose, even if that is a long number.
_IDS = frozenset({"request_id", "trace_id"})
_MINTED = re.compile(r"req_[0-9a-z]{26}")
# Names of events: what most texts are, and nothing that a pattern above could find.
_QUIET = re.compile(r"[a-z_ ]{0,40}")


def masked(value: Any) -> Any:
    """Return a value with everything secret or personal in it masked."""
    if isinstance(value, str):
        if _QUIET.fullmatch(value):
            return value
        return _masked_text(value, (*_SECRETS, *_PERSONAL))
    if isinstance(value, Mapping):
        return {name: _masked_item(str(name), item) for name, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [masked(item) for item in value]
    if isinstance(value, bytes | bytearray | memoryview):
        return MASK
    return value if value is None or isinstance(value, int | float) else masked(str(value))


def _masked_text(text: str, patterns: Iterable[tuple[re.Pattern[str], str]]) -> str:
    for pattern, instead in patterns:
        text = pattern.sub(instead, text)
    return text


def mask_secrets(
    logger: Any, method_name: str, event_dict: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Mask a whole log entry: the last processor before it becomes text."""
    return {name: _masked_item(name, value) for name, value in event_dict.items()}


def logging_config() -> dict[str, Any]:
    """Configure the standard library's logging and structlog alike, and return the former's."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.UnicodeDecoder(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    config = _standard_config(shared=shared, level=os.environ.get("VAULTCRAFT_LOG_LEVEL", "INFO"))
    logging.config.dictConfig(config)
    return config


def _standard_config(*, shared: list[structlog.typing.Processor], level: str) -> dict[str, Any]:
    """Return the dictConfig that renders every record, whoever logged it, the same way."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*shared, structlog.stdlib.ExtraAdder(_EXTRA)],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    mask_secrets,
                    structlog.processors.JSONRenderer(default=str),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.server": {"level": "WARNING"},
            "django.request": {"level": "ERROR"},  # a 4xx is in the request's own line
            "httpx": {"level": "WARNING"},  # each address in full, with what stands in its query
        },
    }


def _masked_item(name: str, value: Any) -> Any:
    """Return one named value, masked whole when its name says that it is secret."""
    if name in _OURS:
        return value
    if name in _IDS:
        text = str(value)
        return text if _MINTED.fullmatch(text) else _masked_text(text, _SECRETS)
    if value is not None and _SECRET_NAME.search(name):
        return MASK
    return masked(value)
