"""Shared fixtures of all rooms' tests; see tests/fixtures.py for the ways to a database."""

pytest_plugins = ["tests.fixtures"]
