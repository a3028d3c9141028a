"""Carrying the outbox to the broker: nothing skipped, nothing swapped, nothing held open."""
