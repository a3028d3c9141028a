"""Backup and restore of the database: `make backup`, `make restore`.

A backup is a directory: PostgreSQL's own archive, made by the auditor from one snapshot, and a
manifest with its checksum and what the books showed at that moment. Secrets are not in it.
"""
