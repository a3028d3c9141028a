"""Webhooks outside of the database: targets, signatures, times, and the sending itself."""
