"""The eyes of this room's tests.

A test looks at people, sessions and keys from outside of any request. What the product sees
meanwhile is what each use case sets; the tests of the doors have no eyes of their own, so there a
look without a view finds nothing, as in production.
"""

from __future__ import annotations

import pytest

from tests.database import view


@pytest.fixture(autouse=True)
def _platform_eyes(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")
        view(scope="platform")
