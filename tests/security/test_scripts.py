"""Our own scripts: what they may do, and that they do nothing else (static/js)."""

from __future__ import annotations

import json
import re

import pytest

from tests.security.sources import text_files

SCRIPTS = text_files("static/js", suffix=".js")
# Where a text becomes markup, a program or somebody's prototype. ASVS 1.2.3, 1.3.2, 3.2.2, 15.3.6.
DANGEROUS = (
    r"\beval\b|\bFunction\s*\(|\bset(?:Timeout|Interval)\(\s*[\"'`]",
    r"\b(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write|createContextualFragment|srcdoc",
    r"__proto__|\.prototype\b|\bconstructor\b|Object\.assign|structuredClone",
    r"javascript:|\bimport\s*\(|\.src\s*=",
)
# Nothing leaves or comes in but by forms, links and htmx. ASVS 3.5.5, 14.3.3.
ELSEWHERE = (
    r"\bfetch\b|XMLHttpRequest|WebSocket|new EventSource|sendBeacon|postMessage|onmessage",
    r"sessionStorage|indexedDB|document\.cookie|\bcaches\b|serviceWorker",
    r"https?://|[\"']//",
)
# But that one script follows the stream of events: an address of ours, which our page names. What
# comes by it is read as JSON and shown nowhere; what is shown is asked for by htmx.
FOLLOWING, FOLLOWS = "static/js/live.js", "new EventSource(address)"
PASTE = r"[\"'](?:paste|copy|cut|contextmenu)[\"']|onpaste"  # ASVS 6.2.7


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_does_none_of_this(name: str):
    code = re.sub(r"^\s*//.*$", "", SCRIPTS[name], flags=re.MULTILINE)
    if name == FOLLOWING:
        assert code.count(FOLLOWS) == 1
        code = code.replace(FOLLOWS, "")
    assert code.lstrip().startswith('(() => {\n  "use strict";')
    for pattern in (*DANGEROUS, *ELSEWHERE, PASTE):
        assert re.findall(pattern, code) == [], pattern


def test_the_browser_keeps_the_theme_and_nothing_else():
    """ASVS 14.3.3."""
    touched = {
        found for code in SCRIPTS.values() for found in re.findall(r"localStorage[^;)]*\)?", code)
    }
    assert touched == {'localStorage.getItem("theme")', 'localStorage.setItem("theme", theme)'}


def test_htmx_runs_no_code_and_keeps_no_page():
    """Of what it can do, what a foreign text could use is off. ASVS 1.3.2, 3.2.2, 14.3.1."""
    base = text_files("templates", suffix=".html")["templates/base.html"]
    found = re.search(r"<meta name=\"htmx-config\" content='([^']+)'>", base)
    assert found
    config = json.loads(found[1])
    assert config["allowEval"] is False
    assert config["allowScriptTags"] is False
    assert config["selfRequestsOnly"] is True
    assert config["historyCacheSize"] == 0
