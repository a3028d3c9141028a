"""`make up`: one process that starts everything, watches it, and takes everything with it.

Not honcho: that one leaves its children behind when it is killed, cannot wait until PostgreSQL
answers before it starts the rest, and stops all at once (docs/decisions/0008-own-supervisor.md).
"""
