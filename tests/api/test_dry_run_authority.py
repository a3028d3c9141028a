"""Who may do it may ask, and who may not is told so: by every dry run as by the request itself."""

from __future__ import annotations

import dataclasses

import pytest

from tests.api.test_access import CALLERS, MATRIX, ask, things_of_acme
from tests.world import World

pytestmark = pytest.mark.django_db

# The question, and what it is about.
ASKED = {
    "rehearse_transfer": "create_transfer",
    "rehearse_hold": "place_hold",
    "rehearse_capture": "capture_hold",
    "rehearse_reversal": "reverse_transfer",
    "rehearse_deposit": "create_deposit",
    "rehearse_withdrawal": "create_withdrawal",
    "rehearse_journal": "post_journal",
    "rehearse_journal_reversal": "reverse_journal",
}


def test_no_dry_run_is_missing() -> None:
    """Of a batch each item is judged like one transfer."""
    asking = {name for name in MATRIX if name.startswith("rehearse_")}
    assert asking == ASKED.keys() | {"rehearse_transfer_batch"}


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("name", ASKED)
def test_the_status_is_that_of_the_request(world: World, name: str, caller: str) -> None:
    done = MATRIX[ASKED[name]]
    asking = dataclasses.replace(MATRIX[name], body=done.body)
    answer = ask(world, caller, asking, things_of_acme(world))
    assert answer.data["status"] == done.statuses[CALLERS.index(caller)], answer.body
