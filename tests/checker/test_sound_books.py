"""Books that stand: every pass looks at rows and finds nothing."""

from __future__ import annotations

import io
import re

import pytest
from django.core.management import call_command

from ledger.checker import NOT_VERIFIED, registered, verify_books
from tests.world import World

pytestmark = pytest.mark.usefixtures("committed_db")


def test_every_pass_visits_rows_and_finds_nothing(world: World) -> None:
    world.send()
    world.send(amount_minor=10_000_000_00)  # refused: insufficient funds
    report = verify_books()
    assert [one.name for one in report.passes] == [one.name for one in registered()]
    assert report.findings == []
    assert report.clean
    assert all(one.visited for one in report.passes), report.passes


def test_the_command_prints_each_pass_and_what_it_does_not_verify(world: World) -> None:
    world.send()
    out = io.StringIO()
    call_command("verify_books", stdout=out)
    told = out.getvalue()
    for one in registered():
        assert re.search(rf"^{one.name} +[0-9,]+ rows +[0-9.]+ s  ok ", told, re.MULTILINE), told
    assert "The books stand." in told
    assert all(what in told for what in NOT_VERIFIED)
