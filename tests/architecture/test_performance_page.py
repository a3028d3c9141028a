"""The page about performance says what was measured."""

from __future__ import annotations

from bench import report


def test_the_figures_on_the_page_are_those_of_the_last_full_run() -> None:
    assert report.documented(), "make bench ARGS=--write-docs"
