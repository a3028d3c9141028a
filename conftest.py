"""Shared fixtures of all rooms' tests; see tests/fixtures.py for the ways to a database."""

from importlib.util import find_spec

pytest_plugins = ["tests.fixtures", *(["tests.world"] if find_spec("tests.world") else [])]
