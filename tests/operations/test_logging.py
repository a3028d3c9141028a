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


def test_a_log_line_is_json_and_masked_even_in_tracebacks():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    config = logging_config()["formatters"]["json"]
    formatter = config["()"](
        processors=config["processors"], foreign_pre_chain=config["foreign_pre_chain"]
    )
    handler.setFormatter(formatter)
    logger = logging.getLogger("tests.masking")
    logger.addHandler(handler)

    try:
        raise ValueError("Bearer abcdef123456")
    except ValueError:
        logger.exception("failed for %s", "asha@example.org")

    line = json.loads(stream.getvalue())
    assert line["event"] == "failed for a***@example.org"
    assert "abcdef123456" not in stream.getvalue()
    assert "Bearer ***" in line["exception"]
