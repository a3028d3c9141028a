"""Holds: money reserved on one wallet for another, until it is captured, voided or overdue."""
