"""Payouts to banks: the saga, its faults, and the doors."""
