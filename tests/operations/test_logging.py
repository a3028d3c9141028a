"""Nothing secret or personal leaves through the logs."""

import io
import json
import logging

import pytest

from vaultcraft.logging import logging_config, masked


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Bearer abc.def-ghi", "Bearer ***"),
        ("key vck_live_abcDEF123 used", "key *** used"),
        ("eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2ln", "***"),
        ("postgresql://vaultcraft_app:hunter2@db/x", "postgresql://***@db/x"),
        ("redis://:hunter2@127.0.0.1:6379/0", "redis://***@127.0.0.1:6379/0"),
        ("priya.sharma@example.org signed in", "p***@example.org signed in"),
        ("transfer of 12550 paise", "transfer of 12550 paise"),
    ],
)
def test_secrets_in_texts_are_masked(given, kept):
    assert masked(given) == kept


def test_named_secrets_are_masked_at_any_depth():
    given = {"user": {"password": "x", "name": "Asha"}, "items": [{"refresh_token": "y"}]}

    assert masked(given) == {
        "user": {"password": "***", "name": "Asha"},
        "items": [{"refresh_token": "***"}],
    }


def logger_into(stream: io.StringIO, name: str) -> logging.Logger:
    handler = logging.StreamHandler(stream)
    config = logging_config()["formatters"]["json"]
    formatter = config["()"](
        processors=config["processors"], foreign_pre_chain=config["foreign_pre_chain"]
    )
    handler.setFormatter(formatter)
    logger = logging.getLogger(name)
    logger.addHandler(handler)
    return logger


def test_what_is_said_beside_an_event_is_in_the_line_and_what_others_add_is_not():
    stream = io.StringIO()
    logger = logger_into(stream, "tests.extras")

    logger.error("mail_died", extra={"number": 2, "failure": "expired", "request": "GET /join/x"})

    line = json.loads(stream.getvalue())
    assert (line["event"], line["number"], line["failure"]) == ("mail_died", 2, "expired")
    assert "request" not in line


def test_a_log_line_is_json_and_masked_even_in_tracebacks():
    stream = io.StringIO()
    logger = logger_into(stream, "tests.masking")

    try:
        raise ValueError("Bearer abcdef123456")
    except ValueError:
        logger.exception("failed for %s", "asha@example.org")

    line = json.loads(stream.getvalue())
    assert line["event"] == "failed for a***@example.org"
    assert "abcdef123456" not in stream.getvalue()
    assert "Bearer ***" in line["exception"]
