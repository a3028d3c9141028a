"""Debian's Chromium, driven by playwright."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))


def launch(playwright: Playwright) -> Browser:
    """A headless browser; the sandbox needs namespaces that containers rarely grant."""
    return playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])


def require_chromium() -> None:
    """Skip where no Chromium is installed, except in CI, where that is a failure."""
    if CHROMIUM.exists():
        return
    words = f"There is no Chromium at {CHROMIUM}: install it with `make browser`."
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(words, pytrace=False)
    pytest.skip(words)
