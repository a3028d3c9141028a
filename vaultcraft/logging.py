"""Structured logs: one JSON object a line, secrets and personal data masked on the way out."""

import logging
import logging.config
import os
import re
from collections.abc import Mapping
from typing import Any

import structlog

MASK = "***"
_SECRET_NAME = re.compile(
    r"password|passwd|secret|token|authorization|cookie|pepper|private|api_?key|otp|\bpin\b",
    re.IGNORECASE,
)
_SECRET_VALUES = (
    re.compile(r"vck_(?:live|test)_[A-Za-z0-9_\-]+"),
    re.compile(r"eyJ[A-Za-z0-9_\-]{5,}\.[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]*"),
    re.compile(r"(?<=Bearer )[^\s\"']+"),
    re.compile(r"(?<=://)[^\s/:@]*:[^\s/@]+(?=@)"),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL),
)
_EMAIL = re.compile(r"\b([A-Za-z0-9])[A-Za-z0-9._%+\-]*@([A-Za-z0-9.\-]+\.[A-Za-z]{2,})")


def masked(value: Any) -> Any:
    """Return a value with everything secret or personal in it masked."""
    if isinstance(value, str):
        for pattern in _SECRET_VALUES:
            value = pattern.sub(MASK, value)
        return _EMAIL.sub(rf"\1{MASK}@\2", value)
    if isinstance(value, Mapping):
        return {name: _masked_item(str(name), item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked(item) for item in value]
    return value


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
                "foreign_pre_chain": shared,
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
        },
    }


def _masked_item(name: str, value: Any) -> Any:
    """Return one named value, masked whole when its name says that it is secret."""
    if _SECRET_NAME.search(name) and value is not None:
        return MASK
    return masked(value)
